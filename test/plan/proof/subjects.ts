import { parseAllDocuments } from 'yaml'
import type { KubernetesObject } from '../../../src/api/object.ts'

/** What is applied, and the collection that it lives in. */
export interface Subject {
  readonly plural: string
  readonly object: KubernetesObject
  /** Whether a second apply is certified. Without a schema some shapes of unknown kinds look like others. */
  readonly isProvable: boolean
}

const PLURALS: Readonly<Record<string, string>> = {
  ConfigMap: 'configmaps',
  CronJob: 'cronjobs',
  Deployment: 'deployments',
  HorizontalPodAutoscaler: 'horizontalpodautoscalers',
  Ingress: 'ingresses',
  NetworkPolicy: 'networkpolicies',
  PersistentVolumeClaim: 'persistentvolumeclaims',
  PodDisruptionBudget: 'poddisruptionbudgets',
  Role: 'roles',
  RoleBinding: 'rolebindings',
  Sample: 'samples',
  Secret: 'secrets',
  Service: 'services',
  ServiceAccount: 'serviceaccounts',
  StatefulSet: 'statefulsets',
}

const TEXT = `
apiVersion: v1
kind: ConfigMap
metadata: {labels: {app: a, tier: b}, annotations: {note: "1"}}
data: {a: "1", b: "", "c.conf": "x = 1"}
---
apiVersion: v1
kind: ConfigMap
metadata: {}
---
apiVersion: v1
kind: ConfigMap
metadata: {labels: {}, annotations: {}, creationTimestamp: null}
data: {}
---
apiVersion: v1
kind: ConfigMap
metadata:
  finalizers: [example.com/hold, example.com/keep]
  ownerReferences:
    - {apiVersion: v1, kind: ConfigMap, name: owner, uid: OWNER, controller: true, blockOwnerDeletion: true}
    - {apiVersion: v1, kind: ConfigMap, name: other, uid: OTHER}
data: {a: "1"}
---
apiVersion: v1
kind: Secret
metadata: {labels: {app: a}}
type: Opaque
data: {password: c2VjcmV0, empty: ""}
---
apiVersion: v1
kind: Secret
metadata: {}
stringData: {password: secret, umlaut: ü, empty: ""}
data: {other: c2VjcmV0}
---
apiVersion: v1
kind: ServiceAccount
metadata: {labels: {app: a}}
automountServiceAccountToken: false
imagePullSecrets: [{name: pull}, {name: other}]
---
apiVersion: v1
kind: Service
metadata: {labels: {app: a}}
spec:
  selector: {app: a}
  publishNotReadyAddresses: false
  ports: [{port: 53, name: tcp}, {port: 53, protocol: UDP, name: udp, targetPort: dns}, {port: 80, name: http, targetPort: 8080}]
status: {loadBalancer: {}}
---
apiVersion: v1
kind: Service
metadata: {}
spec: {clusterIP: None, selector: {app: a}, ports: [{port: 5432}], publishNotReadyAddresses: true}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1024Mi}}, storageClassName: ""}
---
apiVersion: apps/v1
kind: Deployment
metadata: {labels: {app: a}, creationTimestamp: null}
spec:
  selector: {matchLabels: {app: a}}
  strategy: {}
  minReadySeconds: 0
  template:
    metadata: {labels: {app: a}, creationTimestamp: null}
    spec:
      hostNetwork: false
      nodeSelector: {disk: ssd}
      securityContext: {}
      tolerations: [{key: a, operator: Exists, effect: NoSchedule}]
      containers:
        - name: main
          image: example.com/main:1
          args: []
          env:
            - {name: EMPTY, value: ""}
            - {name: PLAIN, value: x}
            - {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
            - {name: CPU, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}
            - {name: KEY, valueFrom: {secretKeyRef: {name: s, key: k}}}
          ports: [{containerPort: 53}, {containerPort: 53, protocol: UDP}, {containerPort: 8080, name: http}]
          resources: {requests: {cpu: 1000m, memory: 1024Mi}, limits: {cpu: 2, memory: "2147483648"}}
          volumeMounts: [{name: scratch, mountPath: /scratch, readOnly: false}, {name: token, mountPath: /token}]
          livenessProbe: {httpGet: {port: http, path: /}, initialDelaySeconds: 0}
        - name: side
          image: example.com/side:1
          resources: {}
      volumes:
        - {name: scratch, emptyDir: {sizeLimit: 1024Mi}}
        - {name: token, projected: {sources: [{serviceAccountToken: {path: t}}, {downwardAPI: {items: [{path: l, fieldRef: {fieldPath: metadata.labels}}]}}]}}
      initContainers: []
status: {}
---
apiVersion: apps/v1
kind: Deployment
metadata: {}
spec:
  replicas: 0
  selector: {matchLabels: {app: b}}
  strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}
  template:
    metadata: {labels: {app: b}}
    spec: {containers: [{name: main, image: "example.com/main:1"}], affinity: {podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, podAffinityTerm: {topologyKey: zone, labelSelector: {matchLabels: {app: b}}}}]}}, topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: b}}}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {}
spec:
  serviceName: ""
  selector: {matchLabels: {app: a}}
  template:
    metadata: {labels: {app: a}}
    spec: {containers: [{name: main, image: "example.com/main:1"}]}
  volumeClaimTemplates:
    - metadata: {name: data, creationTimestamp: null}
      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1024Mi}}}
      status: {}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: absent}
  minReplicas: 1
  maxReplicas: 3
  metrics: [{type: Resource, resource: {name: cpu, target: {type: AverageValue, averageValue: 1000m}}}]
---
apiVersion: batch/v1
kind: CronJob
metadata: {}
spec:
  schedule: "0 0 1 1 *"
  suspend: true
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: "example.com/c:1", command: [a, b]}]}}}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {}
spec: {minAvailable: 50%, selector: {matchLabels: {app: a}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {labels: {app: a}}
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
  egress: []
  ingress: [{ports: [{port: 5432}], from: [{podSelector: {}}]}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {annotations: {a: b}}
spec:
  rules: [{host: a.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: a, port: {number: 80}}}}]}}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {}
rules: []
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {}
rules: [{apiGroups: [""], resources: [pods], verbs: [get, list]}, {apiGroups: [apps], resources: [deployments], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: a}
subjects: [{kind: ServiceAccount, name: a}]
---
apiVersion: GROUP/v1
kind: Sample
metadata: {labels: {app: a}, annotations: {}}
spec:
  text: ""
  whole: 0
  number: 1.5
  flag: false
  amount: 1000m
  nullable: null
  granular: {a: x, deeper: {c: 1}}
  labels: {a: "1", b: ""}
  byName: {one: {a: x, b: 1}, two: {}}
  tags: [b, a]
  numbers: [3, 1]
  plain: [b, a, a]
  plainItems: [{a: x, b: y}, {a: y, b: z}]
  items: [{name: b, value: x, parts: {p: q}}, {name: a}]
  ports: [{port: 53, protocol: TCP}, {port: 53, protocol: UDP}]
  sided: [{name: a, side: left}, {name: a, side: right}]
`

/** What only a schema could tell apart. */
const UNPROVABLE = `
apiVersion: GROUP/v1
kind: Sample
metadata: {}
spec: {granular: {}, atomic: {}, labels: {}, byName: {}, withDefaults: {}, tags: [], plain: [], items: [], free: {}, nullable: null, nullableMap: null, text: ""}
---
apiVersion: GROUP/v1
kind: Sample
metadata: {}
spec:
  atomic: {a: x}
  selector: {matchLabels: {a: b}}
  plainItems: [{a: x}, {a: y, b: z}]
  ports: [{port: 53}, {port: 53, protocol: UDP}]
  sided: [{name: a}, {name: a, side: right}]
  free: {anything: [1, {goes: here}]}
`

/**
 * Objects of many kinds, with what is known to be hard in each. None of them has a name yet.
 * @param group API group of the custom kind
 * @param owners uids of two ConfigMaps, `owner` and `other`
 */
export function subjectsOf(group: string, [owner, other]: readonly [string, string]): Subject[] {
  const read = (text: string, isProvable: boolean): Subject[] =>
    parseAllDocuments(text.replaceAll('GROUP', group).replace('OWNER', owner).replace('OTHER', other)).map(
      (document) => {
        const object = document.toJS() as KubernetesObject
        const plural = PLURALS[object.kind]
        if (plural === undefined) throw new Error(`no plural is known of ${object.kind}`)
        return { plural, object, isProvable }
      },
    )
  return [...read(TEXT, true), ...read(UNPROVABLE, false)]
}
