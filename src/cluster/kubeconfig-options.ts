import type { ExecPolicy } from './kubeconfig-user.ts'

/** Where to look for a kubeconfig and what to take from it. */
export interface KubeconfigOptions {
  /** Value of `--kubeconfig`: this file only, and it must exist. */
  readonly flag?: string
  /** Value of `--context`. @default the file's current-context */
  readonly context?: string
  /** Value of `--namespace`. @default the context's namespace, else `default` */
  readonly namespace?: string
  /** Environment of the process: KUBECONFIG, KUBERNETES_SERVICE_HOST and _PORT, proxies. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Home directory; its `.kube/config` is the default file. */
  readonly home?: string
  /** Directory that relative paths of flag and environment start from. @default the working directory */
  readonly directory?: string
  /** Accepts `http:` to a loopback address, and `insecure-skip-tls-verify`. @default false */
  readonly allowInsecure?: boolean
  /** Which exec plugins may run. @default 'AllowAll', as kubectl */
  readonly execPolicy?: ExecPolicy
  /** Where a pod finds its ServiceAccount. @default '/var/run/secrets/kubernetes.io/serviceaccount' */
  readonly serviceAccountDirectory?: string
  /** Current time, epoch milliseconds, to tell expired certificates. @default Date.now */
  readonly now?: () => number
}
