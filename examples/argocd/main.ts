/** The app of the example: one database, in a namespace of its own. `npx cdk8s-database synth` writes dist/ from it. */
import { App, Chart, Size } from 'cdk8s'
import { k8s } from 'cdk8s-plus-28'
import { Database } from 'cdk8s-database'

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
  storage: { size: Size.gibibytes(20) },
  resources: { limits: { cpu: '1', memory: Size.gibibytes(1) } },
})

app.synth()
