// SwarmKit ca/config.go GenerateJoinToken: base 36 without upper case, padded to what the largest value takes.
const PREFIX = 'SWMTKN-1';
const DIGEST_CHARACTERS = 50;
const SECRET_CHARACTERS = 25;
const BASE = 36;

/** @param digest of the root certificate, hex @param secret as newJoinSecret gives it */
export function toJoinToken(digest: string, secret: string): string {
  return `${PREFIX}-${BigInt(`0x${digest}`).toString(BASE).padStart(DIGEST_CHARACTERS, '0')}-${secret}`;
}

/** The part of a token that admits to the cluster. @param random 16 random bytes */
export function newJoinSecret(random: Buffer): string {
  return BigInt(`0x${random.toString('hex')}`)
    .toString(BASE)
    .padStart(SECRET_CHARACTERS, '0');
}
