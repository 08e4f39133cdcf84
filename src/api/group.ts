/** API group of the Database resource. */
export const GROUP = 'database.example.com'

/** The only served and stored version. */
export const VERSION = 'v1'

/** `apiVersion` of a Database. */
export const API_VERSION = `${GROUP}/${VERSION}` as const

/** Kind of the resource. */
export const KIND = 'Database'

/** Plural, as it stands in URLs and in the name of the CRD. */
export const PLURAL = 'databases'

/** Name of the CustomResourceDefinition. */
export const CRD_NAME = `${PLURAL}.${GROUP}` as const

/**
 * Who we are to server-side apply: every field that synthesis wrote is owned under this name.
 * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/#managers
 */
export const FIELD_MANAGER = 'cdk8s-database'

/**
 * Owner of the keys that are added to the credentials Secret at run time. A name of its own, so that applying the
 * manifests again (which never hold a password) does not remove what was added.
 */
export const CREDENTIALS_FIELD_MANAGER = 'cdk8s-database-credentials'

/** Owner of `status`, apart from the spec's owner so that neither can take the other's fields. */
export const STATUS_FIELD_MANAGER = 'cdk8s-database-status'

/**
 * Annotation on a Database: `rendered` when its children stand in Git beside it, so that no controller applies them.
 */
export const CHILDREN_ANNOTATION = `${GROUP}/children`

/**
 * Finalizer of the controller: the pods of a deleted Database stop before it is gone. Only a controller adds it; without
 * one running nobody could remove it.
 */
export const FINALIZER = `${GROUP}/finalizer`

/** Annotation on a Database: a new value makes the controller look again now, whatever it waits for. */
export const RECONCILE_ANNOTATION = `${GROUP}/reconcile-requested-at`

/** Annotation on the pod template: changes with the configuration that only a restart can take over. */
export const RESTART_HASH_ANNOTATION = `${GROUP}/restart-hash`

/** Namespace in which the controller runs. From there, and from nowhere else, every database lets it in. */
export const CONTROLLER_NAMESPACE = 'cdk8s-database-system'

/**
 * Annotation on a Database: every new value asks for a new generated password. On the credentials Secret it stands for
 * the value that the password there has answered.
 */
export const ROTATE_ANNOTATION = `${GROUP}/rotate-credentials`

/** Label that admits a pod of the same namespace to the database of that name (see the NetworkPolicy). */
export const CLIENT_OF_LABEL = `${GROUP}/client-of`

/**
 * Label that does the same with any value, for a pod that is a client of several databases: a label has one value only,
 * so each of them has a key of its own.
 */
export function clientOfLabel(name: string): string {
  return `${CLIENT_OF_LABEL}-${name}`
}

/** Port of the metrics of a pod, and its name. */
export const METRICS_PORT = 9187
export const METRICS_PORT_NAME = 'metrics'

/** PostgreSQL's port inside the pod and on the Service. */
export const POSTGRES_PORT = 5432

/** Key of the authorities in a Secret with a certificate, as cert-manager writes it. */
export const AUTHORITY_KEY = 'ca.crt'
