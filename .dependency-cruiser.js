/** The directions of docs/architecture.md. Each rule's comment is the reason that a person who breaks it reads. */
const outside = (folders) => ({ pathNot: folders })
const onlyIn = (name, dependency, home, comment) => ({
  name,
  severity: 'error',
  comment,
  from: { path: '^server/', ...outside(`${home}|^server/test/|\\.test\\.ts$`) },
  to: { path: `node_modules/${dependency}`, dependencyTypesNot: ['type-only'] },
})

export default {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'A cycle has no first file to read.',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'lib-is-the-bottom',
      severity: 'error',
      comment: 'lib knows no policy and imports nothing of the server but itself.',
      from: { path: '^server/lib/' },
      to: { path: '^server/', pathNot: '^server/lib/' },
    },
    {
      name: 'workload-is-pure',
      severity: 'error',
      comment: 'Templates and manifests are pure functions: they import lib and each other only.',
      from: { path: '^server/workload/', pathNot: '\\.test\\.ts$|^server/workload/test/' },
      to: { path: '^server/', pathNot: '^server/(workload|lib)/' },
    },
    {
      name: 'infrastructure-knows-no-feature',
      severity: 'error',
      comment: 'http, reconcile, jobs, kube, mail and db serve features and import none of them.',
      from: { path: '^server/(http|reconcile|jobs|kube|mail|db|config)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^server/(features|main|roles|app)' },
    },
    {
      name: 'routes-go-through-the-service',
      severity: 'error',
      comment: 'routes, jobs and reconcile call the service; only the service and reconcile call the store.',
      from: { path: '^server/features/[^/]+/routes[^/]*\\.ts$' },
      to: { path: '^server/features/[^/]+/store[^/]*\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'features-meet-in-services',
      severity: 'error',
      comment: "A feature reaches another one only through the other's service, handed in as a dependency.",
      from: { path: '^server/features/([^/]+)/', pathNot: '(\\.test|/testing)\\.ts$' },
      to: { path: '^server/features/[^/]+/', pathNot: '^server/features/$1/|/(service|model)\\.ts$' },
    },
    onlyIn('express-only-in-http', 'express/', '^server/http/', 'Only http/ imports Express.'),
    onlyIn('prisma-only-in-db', '(@prisma|pg)/', '^server/db/', 'Only db/ imports Prisma and pg.'),
    onlyIn(
      'redis-only-in-rate-limits',
      '(ioredis|rate-limiter-flexible)/',
      '^server/http/rate-limits/',
      'Redis is asked where rate limits are counted, and by nothing that needs it to be there.',
    ),
    onlyIn(
      'kubernetes-client-only-in-kube',
      '@kubernetes/',
      '^server/kube/',
      'Only kube/ imports the Kubernetes client.',
    ),
    onlyIn('nodemailer-only-in-mail', 'nodemailer/', '^server/mail/', 'Only mail/ imports nodemailer.'),
    {
      name: 'simulator-knows-nothing-of-berth',
      severity: 'error',
      comment: 'The simulator is useful to people who never heard of Berth.',
      from: { path: '^simulator/' },
      to: { path: '^(server|client|demo|bench)/' },
    },
    {
      name: 'pod-security-is-a-rule-book',
      severity: 'error',
      comment: 'Berth and the simulator both judge by it, so that it belongs to neither.',
      from: { path: '^pod-security/' },
      to: { path: '^(server|simulator|client|demo|bench)/' },
    },
    {
      name: 'clients-know-nothing-of-the-server',
      severity: 'error',
      comment: 'What a customer runs speaks HTTP.',
      from: { path: '^client/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(server|simulator)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: 'generated/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.js', '.json', '.d.ts'],
    },
  },
}
