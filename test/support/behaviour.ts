/**
 * What a handler does with its call. A refusal has the status NOT_FOUND.
 *
 * `TooLate` means when the server's `tooLate` resolves: the client has left, or the deadline has passed.
 */
export type Behaviour =
  /** Answers OK at once, and reads no requests. */
  | 'answer'
  /** Answers OK from an async function. */
  | 'answerAsync'
  | 'answerLater'
  | 'answerTooLate'
  /** Answers a message of 1000 bytes. */
  | 'answerLarge'
  /** Answers a message that the framework cannot serialize. */
  | 'answerUnserializable'
  | 'refuse'
  | 'refuseTooLate'
  /** Refuses, then answers OK, where a framework allows both. */
  | 'refuseThenAnswer'
  /** Ends the call with a `RangeError` that has no status. */
  | 'refuseWithoutStatus'
  /** Refuses with the code 42, which gRPC does not define. */
  | 'refuseWithUndefinedCode'
  /** Throws a `TypeError` that has a property `code`. */
  | 'throwTypeError'
  /** Returns a promise that rejects with a `RangeError`. */
  | 'rejectRangeError'
  /** Neither reads nor answers. */
  | 'hold'
  /** Reads all requests, then answers OK. */
  | 'collect'
  /** Sends each request back, and ends OK when the client has sent all. */
  | 'echo'
  /** Sends each request back, and never ends. */
  | 'echoThenHold'
  /** Ends a stream of responses OK without a message. */
  | 'streamNone'
  | 'streamTwo'
  | 'streamOneThenHold'
  /** Sends a message, and ends OK when it is too late. */
  | 'streamOneThenEndTooLate'
  | 'streamOneThenRefuse'
  /** Sends a message, then throws a `TypeError`. */
  | 'streamOneThenThrow'
  /** Sends a small message, then one of 1000 bytes. */
  | 'streamOneThenLarge'
  /** Sends more than the window of a stream, and ends OK. */
  | 'streamMegabyte'
  | 'streamMegabyteThenHold'
  /** Sends a message every few milliseconds until it is too late, then some more, and ends. */
  | 'streamUntilTooLate';
