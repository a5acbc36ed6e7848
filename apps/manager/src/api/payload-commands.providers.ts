import type { Provider } from '@nestjs/common';
import type { Config, Secret } from '#common/proto';
import { PayloadCommands } from './commands/payload-commands';
import { CONFIG, SECRET } from './commands/payload-kind';
import { ServiceCommands } from './commands/service-commands';
import { API_DEPENDENCIES, type ApiDependencies } from './ports';

export type SecretCommands = PayloadCommands<Secret>;
export type ConfigCommands = PayloadCommands<Config>;

/** Injection tokens. */
export const SECRET_COMMANDS = Symbol('SecretCommands');
export const CONFIG_COMMANDS = Symbol('ConfigCommands');

const inject = [API_DEPENDENCIES, ServiceCommands];
const now = (): Date => new Date();

export const PAYLOAD_COMMANDS: Provider[] = [
  {
    provide: SECRET_COMMANDS,
    inject,
    useFactory: ({ store, vault }: ApiDependencies, services: ServiceCommands): SecretCommands =>
      new PayloadCommands(SECRET, { store, vault, services, now }),
  },
  {
    provide: CONFIG_COMMANDS,
    inject,
    useFactory: ({ store, vault }: ApiDependencies, services: ServiceCommands): ConfigCommands =>
      new PayloadCommands(CONFIG, { store, vault, services, now }),
  },
];
