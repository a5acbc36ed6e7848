import { InterceptingCall, status as GrpcStatus, type CallOptions, type Interceptor } from '@grpc/grpc-js';

/**
 * Options of a call that ends with DEADLINE_EXCEEDED after `timeoutMs`, whatever becomes of the clock on the wall meanwhile. grpc-js
 * takes deadlines as times of day: a call that is still to be sent when the clock is set ends at once, or tells the server to go on
 * for as long as the clock was set back. For unary calls.
 */
export function endingAfter(timeoutMs: number): Pick<CallOptions, 'interceptors'> {
  return { interceptors: [cancelAfter(timeoutMs)] };
}

function cancelAfter(timeoutMs: number): Interceptor {
  return (options, nextCall) => {
    const call = new InterceptingCall(nextCall(options), {
      start(metadata, _listener, next) {
        const cancel = (): void => call.cancelWithStatus(GrpcStatus.DEADLINE_EXCEEDED, `Deadline exceeded after ${timeoutMs} ms`);
        const timer = setTimeout(cancel, timeoutMs);
        next(metadata, {
          onReceiveStatus(status, pass) {
            clearTimeout(timer);
            pass(status);
          },
        });
      },
    });
    return call;
  };
}
