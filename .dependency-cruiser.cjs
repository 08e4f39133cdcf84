/** Layer rules. Each says why it stands; `npm run layers` enforces them. */
const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to })

module.exports = {
  forbidden: [
    forbid(
      'no-cycles',
      'A cycle means that two files are one concept, or that one depends on the wrong thing.',
      {},
      { circular: true },
    ),
    forbid(
      'no-unresolvable',
      'An import that leads nowhere fails only when it is reached, and most are lazy.',
      {},
      { couldNotResolve: true },
    ),
    forbid('src-without-test', 'The product must work without its tests.', { path: '^src' }, { path: '^test' }),
    forbid(
      'src-without-scripts',
      'The product must work without what builds it.',
      { path: '^src' },
      { path: '^scripts' },
    ),
    forbid(
      'src-without-development-dependencies',
      'A user installs the dependencies and peers only. yaml and diff are bundled; the peers stand among both.',
      { path: '^src' },
      {
        dependencyTypes: ['npm-dev'],
        dependencyTypesNot: ['type-only', 'npm-peer'],
        pathNot: 'node_modules/(yaml|diff|cdk8s|constructs|cdk8s-plus-28)/',
      },
    ),
    forbid(
      'entry-points-are-leaves',
      'Nothing may depend on how the program is started.',
      { path: '^src/(?!cli\\.ts|main\\.ts|commands/)' },
      { path: '^src/(cli\\.ts|main\\.ts|commands/)' },
    ),
    forbid(
      'testing-is-for-tests-of-users',
      'vitest is an optional peer: nothing that runs may load it.',
      { path: '^src/(?!testing/)' },
      { path: '^src/testing/|node_modules/vitest(/|$)' },
    ),
    forbid(
      'testing-judges-manifests',
      'What is exported for tests reads manifests and the impact table; it knows no cluster.',
      { path: '^src/testing/' },
      { path: '^src/(?!testing/|api/|plan/|manifests/read|synthesis/yaml-writer)' },
    ),
    forbid(
      'impact-is-pure',
      'The table as an API loads neither cdk8s nor anything that talks to a cluster.',
      { path: '^src/impact\\.ts$' },
      { path: '^src/(?!api/|plan/)' },
    ),
    forbid(
      'pure-core',
      'api, plan and phases are functions of their arguments: no I/O, no cluster, no PostgreSQL, no output.',
      { path: '^src/(api|plan|phases)/' },
      { path: '^src/(?!api/|plan/|phases/)' },
    ),
    forbid(
      'pure-core-no-node',
      'The core may not read files, sockets, clocks or randomness through Node modules.',
      { path: '^src/(api|plan|phases)/' },
      { dependencyTypes: ['core'] },
    ),
    forbid(
      'api-is-the-bottom',
      'Everything speaks the words of api; api speaks no other.',
      { path: '^src/api/' },
      { path: '^src/(plan|phases)/' },
    ),
    forbid(
      'plan-without-phases',
      'A plan is about any objects; the phases are about a Database. Dependencies go one way.',
      { path: '^src/plan/' },
      { path: '^src/phases/' },
    ),
    forbid(
      'constructs-know-api-only',
      'Desired state is a function of props: it may use api and the static texts of postgres, and offer its synthesis.',
      { path: '^src/constructs/' },
      {
        path: '^src/(?!constructs/|api/|synthesis/installation|postgres/(backup|bootstrap|clone|configuration|connection|data-layout|image|metrics-role|replication|start))',
      },
    ),
    forbid(
      'synthesis-of-any-app',
      'Synthesis in one pass is about cdk8s: it knows nothing of databases.',
      { path: '^src/synthesis/' },
      { path: '^src/(?!synthesis/|api/object)' },
    ),
    forbid(
      'cdk8s-only-where-synthesised',
      'cdk8s costs start-up time and belongs to synthesis.',
      { path: '^src/(?!constructs/|synthesis/|manifests/|testing/|main\\.ts|index\\.ts)' },
      { path: 'node_modules/(cdk8s|constructs|cdk8s-plus-28)(/|$)' },
    ),
    forbid(
      'client-node-only-in-cluster',
      'One place talks to API servers; everybody else uses its interfaces.',
      { path: '^src/(?!cluster/)' },
      { path: 'node_modules/@kubernetes/client-node(/|$)' },
    ),
    forbid(
      'pg-only-in-postgres',
      'One place talks to PostgreSQL.',
      { path: '^src/(?!postgres/)' },
      { path: 'node_modules/pg(/|$)' },
    ),
    forbid(
      'cluster-does-not-decide',
      'cluster carries requests; deciding is for the callers.',
      { path: '^src/cluster/' },
      { path: '^src/(?!cluster/|api/)' },
    ),
    forbid(
      'postgres-stands-alone',
      'What runs in or against PostgreSQL knows nothing of API servers.',
      { path: '^src/postgres/' },
      { path: '^src/(?!postgres/|api/)' },
    ),
    forbid(
      'applier-set-first',
      'What is to be applied is known before any cluster is asked.',
      { path: '^src/applier/set/' },
      { path: '^src/applier/(?!set/)' },
    ),
    forbid(
      'applier-cluster-second',
      'Reading a cluster needs to know what to read, and not what becomes of it.',
      { path: '^src/applier/cluster/' },
      { path: '^src/applier/(?!set/|cluster/)' },
    ),
    forbid(
      'applier-planning-does-nothing',
      'diff must be able to plan without anything that writes.',
      { path: '^src/applier/planning/' },
      { path: '^src/applier/(?!set/|cluster/|planning/)' },
    ),
    forbid(
      'applier-waiting-does-nothing',
      'Waiting looks and reports; it plans and writes nothing.',
      { path: '^src/applier/waiting/' },
      { path: '^src/applier/(?!cluster/|waiting/)' },
    ),
    forbid(
      'applier-inventory-of-sets',
      'An inventory is about any objects: it knows plans, and no databases.',
      { path: '^src/applier/inventory/' },
      { path: '^src/applier/(?!set/|cluster/|planning/|inventory/)' },
    ),
    forbid(
      'controller-on-top',
      'A single run must work without what runs for ever.',
      { path: '^src/(?!controller/|commands/|cli\\.ts)' },
      { path: '^src/controller/' },
    ),
    forbid(
      'report-prints-facts',
      'Reports are made from events and plans, not from the machinery.',
      { path: '^src/report/' },
      { path: '^src/(?!report/|api/|plan/|phases/)' },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    parser: 'swc',
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
}
