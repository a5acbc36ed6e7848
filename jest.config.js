const { readFileSync } = require('node:fs');
const { join } = require('node:path');

const swc = JSON.parse(readFileSync(join(__dirname, '.swcrc'), 'utf8'));
// Few tests use the clients of etcd, gRPC and Docker, and many import what stands beside them: each is loaded at its first use.
const transform = ['@swc/jest', { ...swc, module: { ...swc.module, lazy: ['etcd3', '@grpc/grpc-js', 'dockerode'] } }];

/**
 * Three projects: `unit` is quick; `simulation` takes the manager's decisions together through random histories of a cluster,
 * seconds per suite; `real` needs root, real engines and a real etcd.
 */
const shared = {
  rootDir: __dirname,
  testEnvironment: 'node',
  transform: { '^.+\\.ts$': transform },
  moduleNameMapper: { '^#common/(.*)$': '<rootDir>/libs/common/src/$1/index.ts' },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.swarm/'],
};

module.exports = {
  // Jest leaves one core idle by default, which is half of a small machine.
  maxWorkers: '100%',
  projects: [
    { ...shared, displayName: 'unit', testMatch: ['**/*.spec.ts'] },
    { ...shared, displayName: 'simulation', testMatch: ['**/*.sim-spec.ts'] },
    { ...shared, displayName: 'real', testMatch: ['**/*.real-spec.ts'] },
  ],
};
