import { DomainError, type ErrorCode } from '#common/errors';

const CODES: Readonly<Record<number, ErrorCode>> = {
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
};
/** A registry's words go to people and into logs, so they are neither long nor anything but words. */
const MAX_TEXT = 500;
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]+/g;

/** What it means that a registry or its token server refuses. In Docker's words where the registry gives the reason. */
export function toRefusal(status: number, body: string, who: string): DomainError {
  const reasons = readReasons(body).map((reason) => reason.replace(CONTROLS, ' ').slice(0, MAX_TEXT));
  const [only] = reasons;
  const told = reasons.length > 1 ? `errors:\n${reasons.join('\n')}` : only;
  return new DomainError(CODES[status] ?? 'UNAVAILABLE', told ?? `${who} answered with status ${status} and gave no reason`);
}

function readReasons(body: string): string[] {
  try {
    const { errors } = JSON.parse(body) as { errors?: { code?: unknown; message?: unknown }[] };
    if (!Array.isArray(errors)) return [];
    return errors.map(({ code, message }) => {
      const what = String(code ?? 'unknown')
        .toLowerCase()
        .replaceAll('_', ' ');
      return `${what}: ${typeof message === 'string' && message !== '' ? message : what}`;
    });
  } catch {
    return [];
  }
}
