import { IncomingMessage } from 'node:http';

/** A request that came over TCP: from anywhere, and be it through the browser of somebody who may reach this address. */
export class TcpRequest extends IncomingMessage {}
