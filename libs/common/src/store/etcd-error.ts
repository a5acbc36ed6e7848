import { DomainError, messageOf, type ErrorCode } from '../errors';

/** By the name of etcd3's class, all that is left of the gRPC status: it drops the number. Everything else is UNAVAILABLE. */
const CODE_OF_CLASS: Readonly<Partial<Record<string, ErrorCode>>> = {
  GRPCDeadlineExceededError: 'DEADLINE_EXCEEDED',
  GRPCResourceExhastedError: 'RESOURCE_EXHAUSTED',
  GRPCInvalidArgumentError: 'INVALID_ARGUMENT',
  GRPCNotFoundError: 'NOT_FOUND',
  EtcdLeaseInvalidError: 'NOT_FOUND',
};

/** What etcd's words mean, where its status is used for several things. */
const MEANINGS: readonly { text: RegExp; code: ErrorCode; says: string }[] = [
  { text: /request is too large|message larger than max/, code: 'TOO_LARGE', says: 'the object is too large' },
  {
    text: /database space exceeded/,
    code: 'RESOURCE_EXHAUSTED',
    says: "the cluster store is full (etcd's NOSPACE alarm): remove what is not needed; running containers are not affected",
  },
  { text: /required revision has been compacted/, code: 'COMPACTED', says: 'this part of the history is gone' },
];

/** Runs a call and turns etcd3's errors, which are told apart by class name and text only, into ours. */
export async function translated<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw toDomainError(what, error);
  }
}

function toDomainError(what: string, error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  const text = messageOf(error);
  const meaning = MEANINGS.find((each) => each.text.test(text));
  if (meaning) return new DomainError(meaning.code, `etcd ${what}: ${meaning.says}`, { cause: error });
  const code = (error instanceof Error && CODE_OF_CLASS[error.constructor.name]) || codeOfText(text);
  const says = error instanceof Error && error.constructor.name === 'EtcdLeaseInvalidError' ? 'the lease has expired' : text;
  return new DomainError(code, `etcd ${what}: ${says}`, { cause: error });
}

/** Errors of streams come as they are in gRPC. */
function codeOfText(text: string): ErrorCode {
  return /DEADLINE_EXCEEDED|Deadline exceeded/.test(text) ? 'DEADLINE_EXCEEDED' : 'UNAVAILABLE';
}
