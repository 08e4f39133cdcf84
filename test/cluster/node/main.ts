/**
 * A local node as a process of its own, for demonstrations and for clusters that outlive whoever started them.
 *
 * `node test/cluster/node/main.ts --kubeconfig FILE [--directory DIR] [--name NAME] [--mode processes|instant]`
 *
 * The kubeconfig's current context has to use a token. Prints `ready` and the directory when the node is Ready; ends
 * on SIGINT and SIGTERM, and with `--until-stdin-ends` when whoever started it is gone.
 */
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { parse } from 'yaml'
import * as z from 'zod'
import { startNode } from './node.ts'
import type { NodeOptions } from './node.ts'

const kubeconfigSchema = z.object({
  'current-context': z.string(),
  contexts: z.array(z.object({ name: z.string(), context: z.object({ cluster: z.string(), user: z.string() }) })),
  clusters: z.array(
    z.object({
      name: z.string(),
      cluster: z.object({ server: z.string(), 'certificate-authority-data': z.string() }),
    }),
  ),
  users: z.array(z.object({ name: z.string(), user: z.object({ token: z.string().optional() }) })),
})

const readKubeconfig = async (file: string): Promise<NodeOptions['controlPlane']> => {
  const config = kubeconfigSchema.parse(parse(await readFile(file, 'utf8')))
  const context = config.contexts.find(({ name }) => name === config['current-context'])?.context
  const cluster = config.clusters.find(({ name }) => name === context?.cluster)?.cluster
  const token = config.users.find(({ name }) => name === context?.user)?.user.token
  if (cluster === undefined || token === undefined) {
    throw new Error(`${file}: the current context needs a cluster and a user with a token`)
  }
  return {
    server: cluster.server,
    certificateAuthority: Buffer.from(cluster['certificate-authority-data'], 'base64').toString('utf8'),
    adminToken: token,
  }
}

const { values } = parseArgs({
  options: {
    kubeconfig: { type: 'string' },
    directory: { type: 'string' },
    name: { type: 'string' },
    mode: { type: 'string', default: 'processes' },
    'until-stdin-ends': { type: 'boolean', default: false },
  },
})
if (values.kubeconfig === undefined) throw new Error('--kubeconfig FILE is required')
if (values.mode !== 'processes' && values.mode !== 'instant') throw new Error('--mode is processes or instant')

const node = await startNode({
  controlPlane: await readKubeconfig(values.kubeconfig),
  ...(values.directory !== undefined && { directory: values.directory }),
  ...(values.name !== undefined && { name: values.name }),
  mode: values.mode,
  log: (line) => void process.stderr.write(`${line}\n`),
})
process.stdout.write(`ready ${node.directory}\n`)

const end = (): void => void node.stop().then(() => process.exit(0))
process.once('SIGINT', end)
process.once('SIGTERM', end)
if (values['until-stdin-ends']) process.stdin.on('end', end).resume()
