/** Two projects: `unit` is pure and quick; `real` needs root, real engines and a real etcd. */
const shared = {
  rootDir: __dirname,
  testEnvironment: 'node',
  transform: { '^.+\\.ts$': '@swc/jest' },
  moduleNameMapper: { '^#common/(.*)$': '<rootDir>/libs/common/src/$1/index.ts' },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.swarm/'],
};

module.exports = {
  // Jest leaves one core idle by default, which is half of a small machine.
  maxWorkers: '100%',
  projects: [
    { ...shared, displayName: 'unit', testMatch: ['**/*.spec.ts'] },
    { ...shared, displayName: 'real', testMatch: ['**/*.real-spec.ts'] },
  ],
};
