import { ApiObject } from 'cdk8s'
import { Construct } from 'constructs'
import { API_VERSION, GROUP, KIND, PLURAL } from '../api/group.ts'
import { CONTROLLER_LABELS, selectorLabels } from '../api/labels.ts'
import { derivedNames } from '../api/names.ts'

/** How deletion is refused. */
export interface DeletionProtectionProps {
  /**
   * Begin of the names of the policies, where more than one stands in a cluster.
   * @default none
   */
  readonly prefix?: string
  /** Namespaces in which it holds. @default all namespaces */
  readonly namespaces?: readonly string[]
}

const INSTANCE = 'app.kubernetes.io/instance'
const NAME = 'app.kubernetes.io/name'

/** What is said about a Database, in CEL: `about` is an expression of its metadata. */
const refusal = (what: string, about: string): string =>
  `${what} + '. To delete it: kubectl -n ' + ${about}.namespace + ' patch ${PLURAL}.${GROUP} ' + ${about}.name + ' --type=merge -p \\'{"spec":{"deletionProtection":false}}\\''`

const isProtected = (object: string): string =>
  `has(${object}.spec.deletionProtection) && ${object}.spec.deletionProtection`

/**
 * Has the API server refuse to delete a Database whose `spec.deletionProtection` is true, and its claims and its generated
 * Secret for as long as it says so; whoever asks, also when a namespace is deleted. No webhook has to run for that.
 *
 * What it cannot hold back: somebody who deletes these policies, or the definition of the resource, whose objects the API
 * server deletes without asking. Even then claims and Secrets stay, because who cannot look for a Database refuses.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 */
export class DeletionProtection extends Construct {
  constructor(scope: Construct, id: string, props: DeletionProtectionProps = {}) {
    super(scope, id)
    const prefix = props.prefix === undefined ? '' : `${props.prefix}.`
    this.#policy('Resource', `${prefix}deletion-protection.${GROUP}`, props, {
      rules: [{ apiGroups: [GROUP], apiVersions: ['v1'], resources: [PLURAL] }],
      // A deletion of a collection is judged object by object; of the whole there is no object.
      expression: `oldObject == null || !(${isProtected('oldObject')})`,
      message: refusal(
        `'${KIND} ' + oldObject.metadata.namespace + '/' + oldObject.metadata.name + ' is protected from deletion'`,
        'oldObject.metadata',
      ),
    })
    this.#policy('Data', `${prefix}data-deletion-protection.${GROUP}`, props, {
      rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['persistentvolumeclaims', 'secrets'] }],
      labels: { [NAME]: selectorLabels('')[NAME] ?? '' },
      // Every Database of the namespace is a parameter, and each must agree.
      parameters: { apiVersion: API_VERSION, kind: KIND },
      expression: [
        'oldObject == null',
        `!(${isProtected('params')})`,
        `!has(oldObject.metadata.labels) || !('${INSTANCE}' in oldObject.metadata.labels)`,
        `oldObject.metadata.labels['${INSTANCE}'] != params.metadata.name`,
        // Of Secrets only the one that holds the password.
        `(request.kind.kind == 'Secret' && oldObject.metadata.name != params.metadata.name + '${SECRET_SUFFIX}')`,
      ].join(' || '),
      message: refusal(
        `'it belongs to the data of ${KIND} ' + params.metadata.namespace + '/' + params.metadata.name + ', which is protected from deletion'`,
        'params.metadata',
      ),
    })
  }

  #policy(id: string, name: string, { namespaces }: DeletionProtectionProps, policy: Policy): void {
    const apiVersion = 'admissionregistration.k8s.io/v1'
    const metadata = { name, labels: { ...CONTROLLER_LABELS } }
    const { rules, labels, parameters, expression, message } = policy
    new ApiObject(this, id, {
      apiVersion,
      kind: 'ValidatingAdmissionPolicy',
      metadata,
      spec: {
        failurePolicy: 'Fail',
        ...(parameters === undefined ? {} : { paramKind: parameters }),
        matchConstraints: {
          resourceRules: rules.map((rule) => ({ ...rule, operations: ['DELETE'] })),
          ...(labels === undefined ? {} : { objectSelector: { matchLabels: labels } }),
        },
        validations: [{ expression, messageExpression: message, reason: 'Forbidden' }],
      },
    })
    new ApiObject(this, `${id}-Binding`, {
      apiVersion,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata,
      spec: {
        policyName: name,
        validationActions: ['Deny'],
        ...(parameters === undefined ? {} : { paramRef: { selector: {}, parameterNotFoundAction: 'Allow' } }),
        ...(namespaces === undefined ? {} : { matchResources: { namespaceSelector: inNamespaces(namespaces) } }),
      },
    })
  }
}

/** The Secret's name is the Database's and this. */
const SECRET_SUFFIX = derivedNames('').credentialsSecret

interface Policy {
  readonly rules: readonly {
    readonly apiGroups: string[]
    readonly apiVersions: string[]
    readonly resources: string[]
  }[]
  /** Only objects that carry them. */
  readonly labels?: Readonly<Record<string, string>>
  readonly parameters?: { readonly apiVersion: string; readonly kind: string }
  /** CEL: true where the deletion goes through. */
  readonly expression: string
  /** CEL: what is said where it does not. */
  readonly message: string
}

function inNamespaces(names: readonly string[]): object {
  return { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: [...names] }] }
}
