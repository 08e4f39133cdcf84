/**
 * Services for the containers of a local node: nobody answers at a Service's address here, so a client whose environment
 * names one (`PGHOST`, in the form of libpq) is sent to the port of this machine on which the chosen pod listens.
 */
import type { ApiClient } from '../api-client.ts'
import type { ApiObject } from '../api-client.ts'
import type { Pod } from './objects.ts'

interface Service extends ApiObject {
  spec?: {
    selector?: Readonly<Record<string, string>>
    ports?: readonly { readonly port: number; readonly targetPort?: number | string }[]
  }
}

/** A pod of this node, and where its ports are. */
export interface ServingPod {
  readonly pod: Pod
  localPort(port: number): number
}

/** Where a client really has to go. */
export interface Peer {
  /** Addresses, as libpq reads them in `PGHOSTADDR`: empty for a host that leads nowhere, which keeps its name. */
  readonly address: string
  readonly port: string
}

const HOST = /^([a-z0-9-]+)\.([a-z0-9-]+)\.svc(?:\.cluster\.local)?$/

/**
 * Address and port for an environment that names Services, several of them separated by commas included; nothing for one that
 * names none. A Service that leads to no pod keeps its name, which nobody resolves.
 */
export async function peerOf(
  values: Readonly<Record<string, string>>,
  namespace: string,
  { api, pods }: { readonly api: ApiClient; readonly pods: () => readonly ServingPod[] },
): Promise<Peer | undefined> {
  const { PGHOST = '', PGPORT = '5432' } = values
  if (PGHOST === '' || PGHOST.startsWith('/')) return undefined
  const ports = PGPORT.split(',')
  const peers = await Promise.all(
    PGHOST.split(',').map(async (host, index): Promise<Peer> => {
      const port = Number(ports[index] ?? ports[0])
      const [, name = host, place = namespace] = HOST.exec(host) ?? []
      const service = await api.find<Service>(`/api/v1/namespaces/${place}/services/${name}`)
      const selector = Object.entries(service?.spec?.selector ?? {})
      const target = service?.spec?.ports?.find((candidate) => candidate.port === port)?.targetPort ?? port
      const chosen = pods().find(
        ({ pod: { metadata } }) =>
          selector.length > 0 &&
          metadata.namespace === place &&
          selector.every(([key, value]) => metadata.labels?.[key] === value),
      )
      if (chosen === undefined) return { address: '', port: String(port) }
      return { address: '127.0.0.1', port: String(chosen.localPort(Number(target))) }
    }),
  )
  return { address: peers.map(({ address }) => address).join(','), port: peers.map(({ port }) => port).join(',') }
}
