import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { answerVault, proofOf } from './join-proof';
import { newJoinSecret, parseJoinToken, toJoinToken } from './join-token';

const secret = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => newJoinSecret(Buffer.from(bytes)));
const digest = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'));

it('a token says which root certificate and secret it was made of', () => {
  fc.assert(
    fc.property(digest, secret, (of, by) => expect(parseJoinToken(toJoinToken(of, by))).toEqual({ digest: of, secret: by })),
  );
});

it.each(['', 'x', 'SWMTKN-1-x', `SWMTKN-2-${'0'.repeat(50)}-${'0'.repeat(25)}`, `SWMTKN-1-${'0'.repeat(50)}-${'0'.repeat(25)} `])(
  '%j is no token',
  (text) => {
    expect(() => parseJoinToken(text)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: 'invalid join token' }),
    );
  },
);

it('a proof tells nothing of the secret, and is no use with another nonce', () => {
  fc.assert(
    fc.property(secret, (known) => {
      const [one, other] = [randomBytes(32), randomBytes(32)];
      expect(proofOf(known, one)).toEqual(proofOf(known, one));
      expect(proofOf(known, one)).not.toEqual(proofOf(known, other));
      expect(proofOf(known, one)).not.toEqual(createHash('sha256').update(known).digest());
      expect(proofOf(known, one).toString('latin1')).not.toContain(known);
    }),
    { numRuns: 20 },
  );
});

it('an answer is opened by who knows the secret and asked for it, and by nobody else', () => {
  const [known, other] = [newJoinSecret(randomBytes(16)), newJoinSecret(randomBytes(16))];
  const nonce = randomBytes(32);
  const sealed = answerVault(known, nonce).seal(Buffer.from('keys'), 'ticket');
  expect(answerVault(known, nonce).unseal(sealed, 'ticket').toString()).toBe('keys');
  expect(() => answerVault(other, nonce).unseal(sealed, 'ticket')).toThrow('cannot be opened');
  expect(() => answerVault(known, randomBytes(32)).unseal(sealed, 'ticket')).toThrow('cannot be opened');
});
