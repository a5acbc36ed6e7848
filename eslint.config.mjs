import importX from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';
import edges from './eslint-edges.cjs';

/** Files that decide: snapshot and time in, data out. Nothing here may reach the outside, so that tests need neither. */
const PURE = [
  'libs/common/src/domain/**/*.ts',
  'libs/common/src/wire/**/*.ts',
  'libs/common/src/template/**/*.ts',
  'libs/common/src/nft/**/*.ts',
  'libs/common/src/packet-filter/{base-rules,control-place,interfaces}.ts',
  'libs/common/src/store/{join,keys,id-index,joined-collection}.ts',
  'apps/manager/src/api/{validate,filters,render}/**/*.ts',
  'apps/manager/src/api/{defaults,lookup,count-tasks,service-mode}.ts',
  'apps/manager/src/dispatcher/{assignment-diff,decide-orphans,down-watch,node-liveness,node-record,pull-credentials}.ts',
  'apps/manager/src/api/events/cluster-event.ts',
  'apps/manager/src/api/engine/{engine-route,overlay-container,task-container}.ts',
  'apps/manager/src/api/openapi/**/*.ts',
  'apps/manager/src/membership/join-token.ts',
  'apps/manager/src/upkeep/decide-upkeep.ts',
  'apps/manager/src/leader/lease-deadline.ts',
  'apps/manager/src/orchestrator/**/*.ts',
  'apps/manager/src/registry/{challenge,manifest,refusal}.ts',
  'apps/manager/src/scheduler/**/*.ts',
  'apps/agent/src/worker/{container-claim,assignment-changes,failure,next-step,offline-restart,task-status}.ts',
  'apps/agent/src/network/{network-state,overlay-link,link-lines,nft-rules,forward-rules}.ts',
  'apps/agent/src/dns/{name-table,answer,query,reply,fair-shares}.ts',
  'apps/agent/src/generic-resource-flag.ts',
  'apps/agent/src/session/{assignment-sequence,backoff}.ts',
  'apps/agent/src/executor/docker/{*-config,api-version,describe-node,expand-templates,labels,observed-container,pull-progress,security-options,unsupported}.ts',
  'apps/swarmctl/src/progress/decide-*.ts',
  'apps/swarmctl/src/flags/**/*.ts',
  'apps/swarmctl/src/compose/{dependency-order,merge,model,place,profiles,references,tree}.ts',
  'apps/swarmctl/src/compose/{documents,interpolation}/**/*.ts',
  'apps/swarmctl/src/stack/convert/**/*.ts',
  'apps/swarmctl/src/stack/{change,names,network-changes,unused-keys}.ts',
  'apps/swarmctl/src/render/**/*.ts',
  'apps/swarmctl/src/top/container-usage.ts',
];
/** The shells around those decisions, and tests. */
const NOT_PURE = [
  '**/*{.,.sim-,.real-}spec.ts',
  '**/testing/**',
  'apps/manager/src/orchestrator/{service.reconciler,commit-changes,service-snapshot,plan/planner}.ts',
  'apps/manager/src/scheduler/node-info-index.ts',
];

const OUTSIDE =
  '^(@nestjs/|etcd3|dockerode|@grpc/|node:|pino|prom-client|#common/(store|logging|concurrency|identity|grpc|metrics|packet-filter)$)';
const CLOCK = 'A decision gets the time as an argument.';
/** People, NTP and machines that wake up set the clock on the wall: what is measured by it ends at once, or never. */
const TIME_OF_DAY = {
  selector: "Property[key.name='deadline'] CallExpression[callee.object.name='Date'][callee.property.name='now']",
  message: 'A deadline that is a time of day moves with the clock: use endingAfter or monotonicMs.',
};

/** Which package may be imported where; everything else is plain classes made with `new`. */
const ONLY_IN = {
  etcd3: ['libs/common/src/store/**'],
  cockatiel: ['libs/common/src/store/**'],
  dockerode: ['apps/agent/src/executor/docker/**'],
  '@grpc/grpc-js': [
    'libs/common/src/grpc/**',
    'libs/common/src/store/**',
    '**/*.server.ts',
    '**/*.client.ts',
    'apps/manager/src/dispatcher/agent-session.ts',
    'apps/agent/src/session/**',
    'apps/manager/src/tunnel/**',
    'apps/agent/src/tunnel/**',
  ],
  '@nestjs/*': ['**/main.ts', 'apps/manager/src/manager-process.ts', '**/*.module.ts', 'apps/manager/src/api/**'],
};

const MANAGER_FEATURES = [
  'api',
  'leader',
  'orchestrator',
  'scheduler',
  'dispatcher',
  'membership',
  'registry',
  'tunnel',
  'upkeep',
];
/** Features meet in the store. The orchestrator calls the pure scheduler; leaders' loops know what a term is. */
const MAY_IMPORT = { orchestrator: ['scheduler', 'leader'], dispatcher: ['leader'], membership: ['leader'] };

const featureZones = MANAGER_FEATURES.flatMap((feature) =>
  MANAGER_FEATURES.filter((other) => other !== feature && !(MAY_IMPORT[feature] ?? []).includes(other)).map((other) => ({
    target: `./apps/manager/src/${feature}`,
    from: `./apps/manager/src/${other}`,
    message: 'Features meet in the store; see docs/architecture.md.',
  })),
);

const appZones = ['manager', 'agent', 'swarmctl'].flatMap((app) => [
  ...['manager', 'agent', 'swarmctl']
    .filter((other) => other !== app)
    .map((other) => ({ target: `./apps/${app}`, from: `./apps/${other}`, message: 'Apps never import apps.' })),
  { target: './libs', from: `./apps/${app}`, message: 'Libraries do not know the apps.' },
]);

/** One config entry per package, since each is closed to different files. */
const closedPackages = Object.entries(ONLY_IN).map(([name, allowed]) => {
  const plugin = `only-${name.replace(/\W/g, '')}`;
  return {
    files: ['apps/**/*.ts', 'libs/**/*.ts'],
    ignores: [...allowed, '**/*{.,.sim-,.real-}spec.ts', '**/testing/**'],
    plugins: { [plugin]: onlyIn(name) },
    rules: { [`${plugin}/here`]: 'error' },
  };
});

/** A rule of one line: this package is not imported here. (`no-restricted-imports` can be set only once per file.) */
function onlyIn(name) {
  const pattern = new RegExp(`^${name.replace(/[/.]/g, '\\$&').replace('*', '.*')}$`);
  return {
    rules: {
      here: {
        create: (context) => ({
          ImportDeclaration(node) {
            if (pattern.test(node.source.value)) {
              context.report({
                node,
                message: `'${node.source.value}' is used in ${ONLY_IN[name].join(', ')} only; see docs/architecture.md.`,
              });
            }
          },
        }),
      },
    },
  };
}

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', '.swarm/**', '**/proto/generated/**', 'coverage/**'] },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommended],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver': { node: { extensions: ['.ts', '.js'] } } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      'import-x/no-cycle': 'error',
      'import-x/no-restricted-paths': ['error', { zones: [...featureZones, ...appZones] }],
      'max-lines': ['warn', { max: 300, skipComments: true }],
      'max-lines-per-function': ['warn', { max: 50, skipComments: true }],
      'max-params': ['warn', 4],
      eqeqeq: 'error',
      'no-console': 'error',
      'no-restricted-syntax': ['error', TIME_OF_DAY],
    },
  },
  {
    files: ['apps/**/*.ts', 'libs/**/*.ts', 'deploy/**/*.ts'],
    ignores: ['**/*{.,.sim-,.real-}spec.ts', '**/testing/**'],
    plugins: { edges },
    rules: {
      // A promise that is thrown away ends up at the last line of defence: `supervise` takes it, or a catch.
      '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: false }],
      'edges/guarded-handlers': 'error',
    },
  },
  { files: ['**/*{.,.sim-,.real-}spec.ts', 'test/**'], rules: { 'max-lines-per-function': 'off', 'max-lines': 'off' } },
  { files: ['apps/swarmctl/**', 'test/lab/main.ts', 'test/bench/**', 'deploy/**'], rules: { 'no-console': 'off' } },
  ...closedPackages,
  {
    files: PURE,
    ignores: NOT_PURE,
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { patterns: [{ regex: OUTSIDE, allowTypeImports: true, message: 'This file decides; it may not reach outside.' }] },
      ],
      'no-restricted-globals': [
        'error',
        'setTimeout',
        'setInterval',
        'setImmediate',
        'process',
        'performance',
        'fetch',
        'console',
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: CLOCK },
        { object: 'Math', property: 'random', message: 'Randomness is an argument.' },
      ],
      'no-restricted-syntax': [
        'error',
        TIME_OF_DAY,
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: CLOCK },
      ],
    },
  },
);
