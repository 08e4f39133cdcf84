import { parse } from 'yaml'
import type { KubernetesObject } from '../../src/api/object.ts'
import { differences } from '../../src/plan/difference.ts'

/** What somebody else may do to the live object. */
export interface Foreigner {
  readonly live: KubernetesObject
  put(object: KubernetesObject, manager: string): Promise<unknown>
  apply(object: KubernetesObject, manager: string, force: boolean): Promise<unknown>
  scale(replicas: number, manager: string): Promise<unknown>
  delete(): Promise<unknown>
}

/** What is done between the apply and the certificate. */
export type Step = (foreigner: Foreigner) => Promise<unknown>

/** A case in which a proof from managed fields is easily wrong. */
export interface Trap {
  /** Collection of the object. */
  readonly plural: string
  /** What we apply. */
  readonly applied: KubernetesObject
  /** What others do then. @default nothing */
  readonly steps?: readonly Step[]
  /** What is to be applied next. @default the same */
  readonly desired?: KubernetesObject
  /** Why nothing is certified, with the field; absent where it is. */
  readonly refused?: readonly [because: string, path: string]
}

const object = (text: string): KubernetesObject => {
  const read = parse(text) as KubernetesObject
  return { ...read, metadata: { ...read.metadata, name: 'trap', namespace: 'traps' } }
}

const put =
  (edit: (live: never) => void): Step =>
  ({ live, ...foreigner }) => {
    const edited = structuredClone(live)
    edit(edited as never)
    if (differences(live, edited).length === 0) throw new Error('this step changes nothing')
    return foreigner.put(edited, 'editor')
  }

/** Turns a list around, in place. */
const turn = (list: unknown[]): unknown => list.splice(0, list.length, ...list.toReversed())

const applyAs =
  (manager: string, text: string, force = false): Step =>
  (foreigner) =>
    foreigner.apply(object(text), manager, force)

const CONFIG_MAP = 'apiVersion: v1\nkind: ConfigMap'
const settings = (more: string): KubernetesObject => object(`${CONFIG_MAP}\n${more}`)
const configMap = (applied: string): Pick<Trap, 'plural' | 'applied'> => ({
  plural: 'configmaps',
  applied: settings(applied),
})

const DEPLOYMENT = `
apiVersion: apps/v1
kind: Deployment
metadata: {creationTimestamp: null}
spec:
  paused: true
  selector: {matchLabels: {app: a}}
  strategy: {}
  minReadySeconds: 0
  template:
    metadata: {labels: {app: a}, creationTimestamp: null}
    spec:
      hostNetwork: false
      containers:
        - name: main
          image: example.com/main:1
          command: []
          args: null
          env:
            - {name: EMPTY, value: ""}
            - {name: PLAIN, value: x}
            - {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
            - {name: CPU, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}
          ports: [{containerPort: 53}, {containerPort: 53, protocol: UDP}]
          resources: {requests: {cpu: 1000m, memory: 1024Mi}, limits: {cpu: 2, memory: 2Gi}}
          livenessProbe: {httpGet: {port: 8080, path: /}}
      initContainers: []
status: {}
`
interface PodTemplate {
  spec: { template: { spec: { containers: { env: object[]; resources: { requests: Record<string, string> } }[] } } }
}
const env = (edit: (list: object[]) => void): Step =>
  put((live: PodTemplate) => edit(live.spec.template.spec.containers[0]?.env ?? []))
const deployment = { plural: 'deployments', applied: object(DEPLOYMENT) } as const
const MAIN = 'spec.template.spec.containers[name=main]'
const withMain = (fields: string): string =>
  `{apiVersion: apps/v1, kind: Deployment, metadata: {}, spec: {template: {spec: {containers: [{name: main, ${fields}}]}}}}`

const SERVICE = `
apiVersion: v1
kind: Service
metadata: {}
spec:
  clusterIP: None
  selector: {app: a}
  publishNotReadyAddresses: false
  ports: [{port: 53, name: tcp}, {port: 53, protocol: UDP, name: udp, targetPort: dns}]
`
const service = { plural: 'services', applied: object(SERVICE) } as const

const POLICY = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {}
spec: {podSelector: {}, policyTypes: [Ingress, Egress], egress: [], ingress: [{ports: [{port: 5432}], from: [{podSelector: {}}]}]}
`
const OWNER = '{apiVersion: v1, kind: ConfigMap, name: owner, uid: OWNER, controller: true}'
const HPA_V2 = `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: absent}, maxReplicas: 3, metrics: [{type: Resource, resource: {name: cpu, target: {type: AverageValue, averageValue: 1000m}}}]}
`
const HPA_V1 = `
apiVersion: autoscaling/v1
kind: HorizontalPodAutoscaler
metadata: {}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: absent}, maxReplicas: 3}
`
const secret = {
  plural: 'secrets',
  applied: object('{apiVersion: v1, kind: Secret, metadata: {}, stringData: {a: x, b: ü, c: ""}}'),
}

const FIRST = 'the apply would own it for the first time'
const GONE = 'the apply would give it up'
const DIFFERS = 'the live value differs'
const LACKS = 'the live object lacks it'
const ORDER = 'the live list has another order'
const SHARED = 'another manager owns it too, and it is written differently'
const UNKNOWN = 'how it is owned is not known'

/** The traps, by the name of their fixture. */
export const TRAPS: Readonly<Record<string, Trap>> = {
  'nothing but a name': configMap('metadata: {}'),
  'nothing but a name, after more': {
    ...configMap('data: {a: "1"}'),
    desired: settings('metadata: {}'),
    refused: [GONE, 'data'],
  },
  'empty metadata': configMap('metadata: {labels: {}, annotations: {}, creationTimestamp: null}\ndata: {}'),
  'keys in another order': {
    ...configMap('metadata: {labels: {a: x, b: y}}\ndata: {c: "1", d: "2"}'),
    desired: settings('data: {d: "2", c: "1"}\nmetadata: {labels: {b: y, a: x}}'),
  },
  'a field that is no longer desired': {
    ...configMap('data: {a: "1", b: "2"}'),
    desired: settings('data: {a: "1"}'),
    refused: [GONE, 'data.b'],
  },
  'a field that somebody else set to what we want now': {
    ...configMap('data: {a: "1"}'),
    steps: [applyAs('other', `${CONFIG_MAP}\ndata: {b: "2"}`)],
    desired: settings('data: {a: "1", b: "2"}'),
    refused: [FIRST, 'data.b'],
  },
  'fields of others beside ours': {
    ...configMap('data: {a: "1"}'),
    steps: [applyAs('other', `${CONFIG_MAP}\ndata: {b: "2"}`)],
  },
  'a field that somebody else owns too': {
    ...configMap('data: {a: "1"}'),
    steps: [applyAs('other', `${CONFIG_MAP}\ndata: {a: "1"}`)],
  },
  'a field that somebody else took': {
    ...configMap('data: {a: "1"}'),
    steps: [applyAs('other', `${CONFIG_MAP}\ndata: {a: "2"}`, true)],
    refused: [FIRST, 'data'],
  },
  'a field that was taken and set back': {
    ...configMap('data: {a: "1", b: "2"}'),
    steps: [
      put((live: { data: Record<string, string> }) => (live.data['a'] = '9')),
      put((live: { data: Record<string, string> }) => (live.data['a'] = '1')),
    ],
    refused: [FIRST, 'data.a'],
  },
  'a field that somebody else removed': {
    ...configMap('data: {a: "", b: "2"}'),
    steps: [put((live: { data: Record<string, string> }) => delete live.data['a'])],
    refused: [FIRST, 'data.a'],
  },
  'managed fields that were removed': {
    ...configMap('data: {a: "1"}'),
    steps: [put((live: { metadata: { managedFields: object[] } }) => (live.metadata.managedFields = [{}]))],
    refused: [FIRST, 'data'],
  },
  'an owned field that the live object lacks': {
    ...configMap('data: {a: "1"}'),
    steps: [
      put((live: { metadata: { managedFields: [{ fieldsV1: Record<string, Record<string, object>> }] } }) => {
        live.metadata.managedFields[0].fieldsV1['f:data'] = { 'f:a': {}, 'f:b': {} }
      }),
    ],
    desired: settings('data: {a: "1", b: ""}'),
    // To the server a map with an empty text is not the map without it.
    refused: [LACKS, 'data.b'],
  },
  'an object that is being deleted': {
    ...configMap('metadata: {finalizers: [example.com/hold]}'),
    steps: [(foreigner) => foreigner.delete()],
    refused: ['the live object is being deleted', ''],
  },
  'an owner reference': configMap(
    `metadata: {ownerReferences: [${OWNER}], finalizers: [example.com/b, example.com/a]}`,
  ),
  'an owner reference that is no longer sent': {
    ...configMap(`metadata: {ownerReferences: [${OWNER}]}\ndata: {a: "1"}`),
    desired: settings('data: {a: "1"}'),
    refused: [GONE, 'metadata'],
  },
  'finalizers in another order': {
    ...configMap('metadata: {finalizers: [example.com/b, example.com/a]}'),
    steps: [put((live: { metadata: { finalizers: string[] } }) => turn(live.metadata.finalizers))],
    refused: [ORDER, 'metadata.finalizers["example.com/a"]'],
  },

  'a Secret by text': secret,
  'a Secret by text whose data somebody changed': {
    ...secret,
    steps: [put((live: { data: Record<string, string> }) => (live.data['a'] = 'eQ=='))],
    refused: [DIFFERS, 'stringData'],
  },
  'a Secret by text whose data somebody removed': {
    ...secret,
    steps: [put((live: { data: Record<string, string> }) => delete live.data['c'])],
    refused: [DIFFERS, 'stringData'],
  },
  'a Secret by text that somebody else took': {
    ...secret,
    steps: [applyAs('other', '{apiVersion: v1, kind: Secret, metadata: {}, stringData: {a: x}}', true)],
    refused: [FIRST, 'stringData'],
  },

  'a Deployment full of what the server leaves out or writes otherwise': deployment,
  'a Deployment whose replicas an autoscaler owns': {
    ...deployment,
    steps: [(foreigner) => foreigner.scale(3, 'autoscaler')],
  },
  'an amount of another family': {
    ...deployment,
    desired: object(DEPLOYMENT.replace('memory: 2Gi', 'memory: "2147483648"')),
    refused: [DIFFERS, `${MAIN}.resources.limits.memory`],
  },
  'an amount that changed': {
    ...deployment,
    desired: object(DEPLOYMENT.replace('cpu: 1000m', 'cpu: 1100m')),
    refused: [DIFFERS, `${MAIN}.resources.requests.cpu`],
  },
  'an amount that somebody else took in our form': {
    ...deployment,
    steps: [applyAs('other', withMain('resources: {requests: {cpu: 1000m}}'), true)],
    refused: [FIRST, `${MAIN}.resources.requests.cpu`],
  },
  'an amount that somebody else owns too, in the form of the server': {
    ...deployment,
    steps: [applyAs('other', withMain('resources: {requests: {cpu: "1"}}'))],
    refused: [SHARED, `${MAIN}.resources.requests.cpu`],
  },
  'a port number that becomes a name': {
    ...deployment,
    desired: object(DEPLOYMENT.replace('port: 8080', 'port: "8080"')),
    refused: [DIFFERS, `${MAIN}.livenessProbe.httpGet.port`],
  },
  'an item of others in a list of ours': {
    ...deployment,
    steps: [env((list) => list.unshift({ name: 'THEIRS', value: '1' }))],
  },
  'a list in another order': {
    ...deployment,
    steps: [env(turn)],
    refused: [ORDER, `${MAIN}.env[name=PLAIN]`],
  },
  'a list that is desired in another order': {
    ...deployment,
    desired: object(DEPLOYMENT.replace(/( +- \{name: EMPTY.*\n)( +- \{name: PLAIN.*\n)/, '$2$1')),
    refused: [ORDER, `${MAIN}.env[name=EMPTY]`],
  },
  'a list with an item twice': {
    ...deployment,
    steps: [env((list) => list.push({ name: 'PLAIN', value: 'y' }))],
    refused: [FIRST, `${MAIN}.env[name=PLAIN]`],
  },
  'a list with an item of others twice': {
    ...deployment,
    steps: [env((list) => list.push({ name: 'THEIRS', value: 'y' }, { name: 'THEIRS', value: 'z' }))],
  },

  'a Service with ports without a protocol': service,
  'a Service with a port that somebody else added': {
    ...service,
    steps: [
      put((live: { spec: { ports: object[] } }) => live.spec.ports.push({ port: 80, name: 'http', protocol: 'TCP' })),
    ],
  },

  'a StatefulSet whose claim templates have defaults': {
    plural: 'statefulsets',
    applied: object(`
apiVersion: apps/v1
kind: StatefulSet
metadata: {}
spec:
  replicas: 0
  serviceName: a
  selector: {matchLabels: {app: a}}
  template: {metadata: {labels: {app: a}}, spec: {containers: [{name: main, image: "example.com/main:1"}]}}
  volumeClaimTemplates:
    - metadata: {name: data, creationTimestamp: null}
      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1024Mi}}}
      status: {}
`),
  },
  'a Role': {
    plural: 'roles',
    applied: object(
      '{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {}, rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]}',
    ),
  },
  'a Role without rules': {
    plural: 'roles',
    applied: object('{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {}}'),
  },
  'a Role with no rules': {
    plural: 'roles',
    applied: object('{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {}, rules: []}'),
  },
  'a NetworkPolicy': { plural: 'networkpolicies', applied: object(POLICY) },
  'a NetworkPolicy that somebody opened': {
    plural: 'networkpolicies',
    applied: object(POLICY),
    steps: [put((live: { spec: { ingress: object[] } }) => live.spec.ingress.push({}))],
    refused: [FIRST, 'spec.ingress'],
  },
  'a structure that was applied empty and is full now': {
    ...deployment,
    desired: object(DEPLOYMENT.replace('strategy: {}', 'strategy: {type: RollingUpdate}')),
    refused: [UNKNOWN, 'spec.strategy'],
  },
  'an autoscaler': { plural: 'horizontalpodautoscalers', applied: object(HPA_V2) },
  'an autoscaler that was applied in another version': {
    plural: 'horizontalpodautoscalers',
    applied: object(HPA_V1),
    desired: object(HPA_V2.replace(/, metrics.*/, '}')),
    refused: [FIRST, 'spec'],
  },
  'a claim': {
    plural: 'persistentvolumeclaims',
    applied: object(
      '{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {}, spec: {accessModes: [ReadWriteOnce], storageClassName: "", resources: {requests: {storage: 0.5Gi}}}}',
    ),
  },
  'a disruption budget': {
    plural: 'poddisruptionbudgets',
    applied: object(
      '{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {}, spec: {minAvailable: 50%, selector: {matchLabels: {app: a}}}}',
    ),
  },
  'a CronJob': {
    plural: 'cronjobs',
    applied: object(`
apiVersion: batch/v1
kind: CronJob
metadata: {}
spec:
  schedule: "0 0 1 1 *"
  suspend: true
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: "example.com/c:1"}]}}}}
`),
  },
}
