import type { Config, Driver, Secret } from '#common/proto';
import { versionJson, ZERO_TIME, type JsonObject } from './json-parts';

/** Docker's JSON of a secret or a config; the value of a secret is never shown. */
export function payloadJson(payload: Secret | Config): JsonObject {
  const { id, version, createdAt, updatedAt, spec } = payload;
  const driver = spec && 'driver' in spec ? spec.driver : undefined;
  return {
    ID: id,
    Version: versionJson(version),
    CreatedAt: createdAt || ZERO_TIME,
    UpdatedAt: updatedAt || ZERO_TIME,
    Spec: {
      Name: spec?.name ?? '',
      Labels: spec?.labels ?? {},
      Data: 'sealedData' in payload || !spec?.data.length ? undefined : spec.data.toString('base64'),
      Driver: driverJson(driver),
      Templating: driverJson(spec?.templating),
    },
  };
}

function driverJson(driver: Driver | undefined): JsonObject | undefined {
  if (!driver) return undefined;
  return { Name: driver.name, Options: Object.keys(driver.options).length > 0 ? driver.options : undefined };
}
