import type { ChannelOptions } from '@grpc/grpc-js';

const KEEPALIVE_TIME_MS = 10_000;
const KEEPALIVE_TIMEOUT_MS = 5_000;
/**
 * A channel without calls is left open: grpc-js measures how long there were none by the clock on the wall, and looks a thousand times
 * a second when that is set back by weeks. The longest that a timer can wait.
 */
const IDLE_TIMEOUT_MS = 2 ** 31 - 1;
const UNUSED_CONNECTION_MS = 5 * 60_000;
/** Above the largest COMPLETE set that a node gets: 1,000 tasks with 16 KiB specs. */
const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;

/**
 * What agents and other managers send is in small messages, also what is much in all: before it is known who a caller is, and after,
 * a call holds no more than this of a message. Nothing is read of a message that says that it is longer.
 */
export const MAX_MESSAGE_TO_MANAGER_BYTES = 64 * 1024;

/** Both sides of every stream between agents and managers: a dead peer is noticed, and neither memory nor messages are unbounded. */
export const CHANNEL_OPTIONS: ChannelOptions = {
  'grpc.keepalive_time_ms': KEEPALIVE_TIME_MS,
  'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.client_idle_timeout_ms': IDLE_TIMEOUT_MS,
  'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
  'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
  // Every log that is followed takes a stream of its node's channel.
  'grpc.max_concurrent_streams': 512,
  'grpc-node.flow_control_window': 1024 * 1024,
  'grpc-node.max_session_memory': 64,
};

/** Of a manager, for those who call it. */
export const SERVER_OPTIONS: ChannelOptions = {
  ...CHANNEL_OPTIONS,
  // Each connection takes memory: one that was let in and is of no use any more does not stay. Its client makes another when it has a call.
  'grpc.max_connection_idle_ms': UNUSED_CONNECTION_MS,
  'grpc.max_receive_message_length': MAX_MESSAGE_TO_MANAGER_BYTES,
};

/** For a connection of its own: the shared pool would hand out one that others use, or that still sits out its backoff. */
export const OWN_CHANNEL_OPTIONS: ChannelOptions = { ...CHANNEL_OPTIONS, 'grpc.use_local_subchannel_pool': 1 };
