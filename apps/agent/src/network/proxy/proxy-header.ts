import { firstAddress, readIpNetwork } from '#common/domain';

/** Where a connection came from, and where it was taken. Addresses without a scope. */
export interface Connected {
  readonly from: string;
  readonly fromPort: number;
  readonly to: string;
  readonly toPort: number;
}

/** `\r\n\r\n\0\r\nQUIT\n`, which begins version 2 and nothing else that a server expects. */
const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
/** Version 2, a connection on behalf of somebody else. */
const VERSION_AND_COMMAND = 0x21;
const TCP_OVER = { 32: 0x11, 128: 0x21 } as const;

/**
 * The header that tells a server who is calling, by the PROXY protocol (haproxy.org, proxy-protocol.txt, versions 1 and 2).
 * @param version 1: a line of text; 2: binary
 */
export function proxyHeader(version: number, { from, fromPort, to, toPort }: Connected): Buffer {
  const [caller, called] = [readIpNetwork(from), readIpNetwork(to)];
  // The two are of one kind: they are the ends of one connection.
  if (!caller || caller.width !== called?.width) throw new Error(`no connection goes from '${from}' to '${to}'`);
  if (version === 1) {
    const kind = caller.width === 32 ? 'TCP4' : 'TCP6';
    return Buffer.from(`PROXY ${kind} ${from} ${to} ${fromPort} ${toPort}\r\n`);
  }
  const bytes = caller.width / 8;
  const body = Buffer.alloc(2 * bytes + 4);
  body.write(
    firstAddress(caller)
      .toString(16)
      .padStart(2 * bytes, '0'),
    0,
    'hex',
  );
  body.write(
    firstAddress(called)
      .toString(16)
      .padStart(2 * bytes, '0'),
    bytes,
    'hex',
  );
  body.writeUInt16BE(fromPort, 2 * bytes);
  body.writeUInt16BE(toPort, 2 * bytes + 2);
  const head = Buffer.from([VERSION_AND_COMMAND, TCP_OVER[caller.width], body.length >> 8, body.length & 0xff]);
  return Buffer.concat([SIGNATURE, head, body]);
}
