import { isPort, parseIpAddress, parseMac, parseWireguardKey, TaskState } from '#common/domain';
import type { Hello } from '#common/dispatcher-proto';
import { DomainError } from '#common/errors';
import { isId } from '#common/identity';
import {
  EngineEndpoints,
  PortStatus,
  type EngineDescription,
  type EngineEndpoint,
  type GenericResource,
  type NodeDescription,
  type NodeNetworking,
  type PortConfig,
  type Resources,
  type TaskStatus,
} from '#common/proto';

/**
 * What agents say, read before anybody believes it: sizes, alphabets and numbers. A value that cannot be is refused with the name of its
 * field, and nothing of the message is kept; words for people are shortened, and lose what terminals would act on.
 */

/** Of a node's labels, plugins, and resources each. */
const MOST_ENTRIES = 512;
const MOST_PORTS = 1_024;
const MOST_PLACES = 64;
const MOST_PROBLEMS = 64;
/** Bytes of everything that describes a node. */
const MAX_DESCRIPTION = 48 * 1024;
/** Bytes of a text, whatever engines say: many statuses share one of etcd's requests. */
const MAX_TEXT = 4_096;
const MAX_PROBLEM = 1_024;
/** Bytes of a status's ports and endpoints together, as they are stored: enough for the most ports that have no names. */
const MAX_LISTS = 32 * 1024;
/** So many entries of a list are never too much: each is far below 1 KiB by the limits of its fields. */
const FEW_ENTRIES = 16;
const MAX_LABEL = 4_096;
const MAX_EXIT_CODE = 0x7fff_ffff;
/** The kernel's own limit on 64 bits (PID_MAX_LIMIT), and more than Windows has. */
const MAX_PID = 0xffff_ffff;
/** An agent's clock may be ahead of the manager's by as much; what is shown beyond that is the manager's time. */
const CLOCK_TOLERANCE_MS = 60_000;

const HOSTNAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$/;
/** Of platforms, versions and plugins. */
const WORDS = /^[A-Za-z0-9 ._:/@+~()-]{0,255}$/;
/** Names of resources and their values; labels. */
const NAME = /^[^\x00-\x20\x7f-\xa0]{1,255}$/;
const LABEL_VALUE = /^[^\x00-\x1f\x7f-\x9f]*$/;
const ENGINE_NETWORK = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,319}$/;
const CONTAINER_ID = /^[0-9a-f]{64}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;
const PLUGIN_TYPES = ['Volume', 'Network', 'Log', 'Authorization'];
const PROTOCOLS = ['tcp', 'udp', 'sctp'];
const PUBLISH_MODES = ['', 'ingress', 'host'];
/** What terminals act on: all but line breaks and tabs. */
const CONTROLS = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;
const MOST_QUOTED = 64;
/** Twice what an Ed25519 key takes (SPKI, DER). */
const MAX_NODE_KEY = 88;
/** SHA-256. */
const LEAVE_LOCK_BYTES = 32;

/** @throws DomainError INVALID_ARGUMENT naming the field */
export function readHello(hello: Hello | undefined): Hello & { description: NodeDescription } {
  if (!hello?.description) throw refused('hello', 'the first message must be a hello with a node id and a description');
  const { nodeId, advertiseAddress, availability, nodeKey, leaveLock } = hello;
  if (!isId(nodeId)) throw refused('hello.nodeId', `${quoted(nodeId)} is not 25 characters of 0-9a-z`);
  const address = advertiseAddress === '' ? '' : parseIpAddress(advertiseAddress);
  if (address === undefined) {
    throw refused('hello.advertiseAddress', `${quoted(advertiseAddress)} is not the IP address of a host (--advertise-addr)`);
  }
  if (availability.length > MOST_QUOTED) throw refused('hello.availability', 'it is none of active, pause, drain');
  if (nodeKey && nodeKey.length > MAX_NODE_KEY) throw refused('hello.nodeKey', `it has ${nodeKey.length} bytes`);
  if (leaveLock && leaveLock.length !== LEAVE_LOCK_BYTES) throw refused('hello.leaveLock', `it has ${leaveLock.length} bytes`);
  const description = readDescription(hello.description);
  return { nodeId, advertiseAddress: address, availability, description, nodeKey, leaveLock };
}

/** @throws DomainError INVALID_ARGUMENT naming the field */
export function readDescription({ hostname, platform, resources, engine, networking }: NodeDescription): NodeDescription {
  const at = 'description';
  requireMatch(`${at}.hostname`, hostname, HOSTNAME, 'is no host name (--hostname)');
  for (const [field, text] of Object.entries({ ...platform })) requireMatch(`${at}.platform.${field}`, text, WORDS);
  const description = {
    hostname,
    platform,
    resources: resources && readResources(`${at}.resources`, resources),
    engine: engine && readEngine(`${at}.engine`, engine),
    ...(networking && { networking: readNetworking(`${at}.networking`, networking) }),
  };
  const bytes = Buffer.byteLength(JSON.stringify(description));
  if (bytes > MAX_DESCRIPTION)
    throw refused(at, `it has ${bytes} bytes, and ${MAX_DESCRIPTION} are the most: labels, plugins or resources are too many`);
  return description;
}

/** What is wrong with an engine, in its agent's words. */
export function readEngineError(text: string): string {
  return forPeople(text, MAX_TEXT);
}

/** @throws DomainError INVALID_ARGUMENT naming the field */
export function readStatus(status: TaskStatus | undefined, now: Date): TaskStatus {
  if (!status) throw refused('status', 'it is missing');
  const { containerStatus, portStatus, engineEndpoints } = status;
  const read = {
    ...status,
    timestamp: readTime(status.timestamp, now),
    message: forPeople(status.message, MAX_TEXT),
    err: forPeople(status.err, MAX_TEXT),
    // Told by the managers' clocks only.
    appliedAt: undefined,
    runningAt: undefined,
  };
  if (status.state === TaskState.new) throw refused('status.state', 'no agent sees a task in this state');
  if (containerStatus) {
    const { containerId, pid = 0, exitCode = 0 } = containerStatus;
    if (containerId !== '')
      requireMatch('status.containerStatus.containerId', containerId, CONTAINER_ID, 'is not 64 hexadecimal digits');
    requireRange('status.containerStatus.pid', pid, 0, MAX_PID);
    requireRange('status.containerStatus.exitCode', exitCode, -MAX_EXIT_CODE, MAX_PID);
  }
  if (portStatus) {
    requireCount('status.portStatus.ports', portStatus.ports, MOST_PORTS);
    portStatus.ports.forEach(requirePort);
  }
  if (engineEndpoints) {
    requireCount('status.engineEndpoints', engineEndpoints.list, MOST_PLACES);
    engineEndpoints.list.forEach(requireEngineEndpoint);
  }
  requireRoom(portStatus, engineEndpoints);
  return read;
}

function readResources(field: string, { nanoCpus, memoryBytes, genericResources }: Resources): Resources {
  requireRange(`${field}.nanoCpus`, nanoCpus, 0, Number.MAX_SAFE_INTEGER);
  requireRange(`${field}.memoryBytes`, memoryBytes, 0, Number.MAX_SAFE_INTEGER);
  requireCount(`${field}.genericResources`, genericResources, MOST_ENTRIES);
  for (const resource of genericResources) requireResource(`${field}.genericResources`, resource);
  return { nanoCpus, memoryBytes, genericResources };
}

function requireResource(field: string, { namedResourceSpec: named, discreteResourceSpec: discrete }: GenericResource): void {
  if (named) for (const text of [named.kind, named.value]) requireMatch(field, text, NAME);
  if (discrete) {
    requireMatch(field, discrete.kind, NAME);
    requireRange(field, discrete.value, 0, Number.MAX_SAFE_INTEGER);
  }
}

function readEngine(field: string, { engineVersion, labels, plugins }: EngineDescription): EngineDescription {
  requireMatch(`${field}.engineVersion`, engineVersion, WORDS);
  requireCount(`${field}.labels`, Object.keys(labels), MOST_ENTRIES);
  for (const [name, value] of Object.entries(labels)) {
    requireMatch(`${field}.labels`, name, NAME);
    if (value.length > MAX_LABEL || !LABEL_VALUE.test(value))
      throw refused(`${field}.labels`, `${quoted(name)} has a value with control characters, or longer than ${MAX_LABEL}`);
  }
  requireCount(`${field}.plugins`, plugins, MOST_ENTRIES);
  for (const { type, name } of plugins) {
    if (!PLUGIN_TYPES.includes(type)) throw refused(`${field}.plugins`, `${quoted(type)} is none of ${PLUGIN_TYPES.join(', ')}`);
    requireMatch(`${field}.plugins`, name, WORDS);
  }
  return { engineVersion, labels, plugins };
}

function readNetworking(field: string, networking: NodeNetworking): NodeNetworking {
  const { wireguardKey, nextWireguardKey, wireguardPort, problems } = networking;
  for (const [name, key] of Object.entries({ wireguardKey, nextWireguardKey })) {
    if (key !== '' && parseWireguardKey(key) === undefined)
      throw refused(`${field}.${name}`, `${quoted(key)} is no public key of WireGuard`);
  }
  if (wireguardPort !== 0 && !isPort(wireguardPort)) throw refused(`${field}.wireguardPort`, `${wireguardPort} is no port`);
  requireCount(`${field}.problems`, problems, MOST_PROBLEMS);
  for (const { networkId } of problems) if (networkId !== '') requireMatch(`${field}.problems`, networkId, ENGINE_NETWORK);
  return {
    ...networking,
    ingressProblem: forPeople(networking.ingressProblem, MAX_PROBLEM),
    encryptionProblem: forPeople(networking.encryptionProblem, MAX_PROBLEM),
    overlayProblem: forPeople(networking.overlayProblem, MAX_PROBLEM),
    filterProblem: forPeople(networking.filterProblem, MAX_PROBLEM),
    problems: problems.map(({ networkId, problem }) => ({ networkId, problem: forPeople(problem, MAX_PROBLEM) })),
  };
}

function requirePort({ name, protocol, targetPort, publishedPort, publishMode }: PortConfig): void {
  const field = 'status.portStatus.ports';
  if (name !== '') requireMatch(field, name, NAME);
  if (!PROTOCOLS.includes(protocol.toLowerCase() || 'tcp')) throw refused(field, `${quoted(protocol)} is no protocol`);
  if (!PUBLISH_MODES.includes(publishMode)) throw refused(field, `${quoted(publishMode)} is no mode of publishing`);
  for (const port of [targetPort, publishedPort]) if (port !== 0 && !isPort(port)) throw refused(field, `${port} is no port`);
}

function requireEngineEndpoint({ networkId, engineNetwork, address, ipv6Address, mac, gateway }: EngineEndpoint): void {
  const field = 'status.engineEndpoints';
  requireMatch(`${field}.networkId`, networkId, ENGINE_NETWORK);
  requireMatch(`${field}.engineNetwork`, engineNetwork, ENGINE_NETWORK);
  for (const [name, text] of Object.entries({ address, ipv6Address, gateway }))
    if (text !== '' && parseIpAddress(text) === undefined) throw refused(`${field}.${name}`, `${quoted(text)} is no address`);
  if (mac !== '' && parseMac(mac) === undefined) throw refused(`${field}.mac`, `${quoted(mac)} is no hardware address`);
}

function requireRoom(portStatus: PortStatus | undefined, endpoints: EngineEndpoints | undefined): void {
  const isLong = (list: readonly unknown[] | undefined): boolean => (list?.length ?? 0) > FEW_ENTRIES;
  if (!isLong(portStatus?.ports) && !isLong(endpoints?.list)) return;
  const ofPorts = portStatus ? PortStatus.encode(portStatus).finish().length : 0;
  const ofEndpoints = endpoints ? EngineEndpoints.encode(endpoints).finish().length : 0;
  if (ofPorts + ofEndpoints <= MAX_LISTS) return;
  const [field, bytes] = ofPorts >= ofEndpoints ? ['status.portStatus.ports', ofPorts] : ['status.engineEndpoints', ofEndpoints];
  throw refused(field, `${bytes} bytes are too many: ports and endpoints may take ${MAX_LISTS} together`);
}

/** What cannot be read, or is yet to come, is the time of the report. */
function readTime(text: string, now: Date): string {
  const time = TIME.test(text) ? Date.parse(text) : Number.NaN;
  return time <= now.getTime() + CLOCK_TOLERANCE_MS ? text : now.toISOString();
}

function forPeople(text: string, bytes: number): string {
  return cutTo(bytes, text).replace(CONTROLS, ' ');
}

/** What fits of a text into so many bytes of UTF-8, in whole characters. */
function cutTo(bytes: number, text: string): string {
  // No character takes less than a byte: what is cut off here would not fit.
  const start = text.slice(0, bytes);
  if (Buffer.byteLength(start) <= bytes) return start;
  const encoded = Buffer.from(start);
  let end = bytes;
  while (isContinuation(encoded[end])) end--;
  return encoded.toString('utf8', 0, end);
}

/** Whether a byte of UTF-8 goes on with the character before it. */
function isContinuation(byte = 0): boolean {
  return (byte & 0b1100_0000) === 0b1000_0000;
}

function requireMatch(
  field: string,
  text: string,
  alphabet: RegExp,
  complaint = 'has characters that do not belong there',
): void {
  if (!alphabet.test(text)) throw refused(field, `${quoted(text)} ${complaint}`);
}

function requireRange(field: string, number: number, least: number, most: number): void {
  if (!Number.isInteger(number) || number < least || number > most)
    throw refused(field, `${number} is not from ${least} to ${most}`);
}

function requireCount(field: string, list: readonly unknown[], most: number): void {
  if (list.length > most) throw refused(field, `${list.length} entries are more than ${most}`);
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, MOST_QUOTED));
}

function refused(field: string, reason: string): DomainError {
  return new DomainError('INVALID_ARGUMENT', `${field}: ${reason}`);
}
