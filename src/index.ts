/**
 * What a cdk8s app imports from `cdk8s-database`. Everything else in this package is private and may change in any
 * release.
 *
 * The `Database` of this module is the construct; the resource as the API server holds it is {@link DatabaseResource}.
 */

export { connect, DatabaseConnection, LIBPQ_VARIABLES } from './constructs/connect.ts'
export type { CertificateAuthority } from './constructs/client-trust.ts'
export type { ConnectionKey, ConnectionOptions, ConnectionTarget, ConnectionVariables } from './constructs/connect.ts'
export { Database } from './constructs/database.ts'
export type { ControllerMonitoringProps } from './constructs/controller-monitoring.ts'
export { DatabaseController } from './constructs/database-controller.ts'
export type { ControllerNetworkProps, DestinationProps } from './constructs/controller-network.ts'
export type { DatabaseControllerProps } from './constructs/database-controller.ts'
export { DeletionProtection } from './constructs/deletion-protection.ts'
export type { DeletionProtectionProps } from './constructs/deletion-protection.ts'
export { DatabaseCrd } from './constructs/database-crd.ts'
export type { DatabaseChildren } from './constructs/children.ts'
export type {
  CredentialsProps,
  DatabaseProps,
  DependencyProps,
  ExternalSecretProps,
  StorageProps,
} from './constructs/props.ts'
export type { BackupProps, DumpProps, VolumeSnapshotProps } from './constructs/backup-props.ts'
export type { ResourceListProps, ResourcesProps } from './constructs/resources-props.ts'
export type { MonitoringProps } from './constructs/monitoring-props.ts'
export type { PeerProps } from './constructs/peer-props.ts'
export type { LabelSelectorProps } from './constructs/label-selector-props.ts'
export type {
  AffinityProps,
  NodeAffinityProps,
  NodeExpressionProps,
  NodeTermProps,
  PlacementProps,
  PodAffinityProps,
  PodTermProps,
  TolerationProps,
  TopologySpreadProps,
} from './constructs/placement-props.ts'
export type { CertManagerProps, IssuerProps, TlsProps } from './constructs/tls-props.ts'
export type { HandedOverField } from './api/handed-over.ts'

// For programs that read or write Database resources by themselves.
export { databaseCrd } from './api/crd.ts'
export type { Database as DatabaseResource } from './api/database.ts'
export {
  API_VERSION,
  CHILDREN_ANNOTATION,
  CLIENT_OF_LABEL,
  clientOfLabel,
  CRD_NAME,
  FIELD_MANAGER,
  KIND,
  ROTATE_ANNOTATION,
} from './api/group.ts'
export { POSTGRES_MAJORS } from './api/image-reference.ts'
export type { PostgresMajor } from './api/image-reference.ts'
export { derivedNames, endpoint } from './api/names.ts'
export type { DerivedNames } from './api/names.ts'
export type { KubernetesObject, ObjectMeta } from './api/object.ts'
export type { DatabaseSpec, DatabaseSpecInput } from './api/spec.ts'
export { CONDITION_TYPES, PHASES } from './api/status.ts'
export type { Condition, ConditionType, DatabaseStatus, Phase } from './api/status.ts'
export { validateDatabase } from './api/validation.ts'
export type { ValidationIssue, ValidationResult } from './api/validation.ts'
