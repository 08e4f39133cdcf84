/** The app of this repository: one example database. `cdk8s.yaml` runs this file; so does `cdk8s-database synth`. */
import { App, Chart, Size } from 'cdk8s'
import { k8s } from 'cdk8s-plus-28'
import { Database } from './constructs/database.ts'

const app = new App()
const namespaces = new Chart(app, 'namespaces', { disableResourceNameHashes: true })
const shop = new Chart(app, 'shop', { namespace: 'shop', disableResourceNameHashes: true })

new k8s.KubeNamespace(namespaces, 'Shop', {
  metadata: { name: 'shop', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
})

new Database(shop, 'orders', {
  image: 'postgres:18.4-trixie',
  databaseName: 'orders',
  username: 'orders_app',
  storage: { size: Size.gibibytes(10) },
  parameters: { max_connections: 200 },
})

app.synth()
