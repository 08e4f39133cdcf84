/**
 * The cdk8s app that is benchmarked: `BENCH_DATABASES` databases, one chart each, over `BENCH_NAMESPACES` namespaces
 * (separated by commas). Everything but the number is what a user would write.
 */
import { App, Chart, Size } from 'cdk8s'
import { k8s } from 'cdk8s-plus-28'
import { Database } from '../src/constructs/database.ts'
import { IMAGES, databaseFacts } from './databases.ts'

const count = Number(process.env['BENCH_DATABASES'])
const namespaces = (process.env['BENCH_NAMESPACES'] ?? '').split(',')

const app = new App()
const furniture = new Chart(app, 'namespaces', { disableResourceNameHashes: true })
for (const name of namespaces) {
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' }
  new k8s.KubeNamespace(furniture, name, { metadata: { name, labels } })
}
for (let index = 0; index < count; index += 1) {
  const { name, databaseName, username } = databaseFacts(index)
  const namespace = namespaces[index % namespaces.length] ?? ''
  const chart = new Chart(app, name, { namespace, disableResourceNameHashes: true })
  new Database(chart, name, {
    image: IMAGES[0],
    databaseName,
    username,
    storage: { size: Size.gibibytes(10) },
    parameters: { max_connections: 200 },
  })
}
app.synth()
