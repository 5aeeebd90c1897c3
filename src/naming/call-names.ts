/** Names of what shows the calls of one side, by what it shows, and of the labels that tell its series apart. */
export interface CallNames {
  /** Counter of calls that ended, by method and status. */
  readonly requests: string;
  readonly durations: string;
  readonly inFlight: string;
  readonly streams: string;
  /** Counters of messages. */
  readonly received: string;
  readonly sent: string;
  readonly methodLabel: string;
  readonly statusLabel: string;
}

/** What only servers have. */
export interface ServerNames extends CallNames {
  readonly connections: string;
}

/** What only clients have. */
export interface ClientNames extends CallNames {
  readonly retries: string;
  readonly channels: string;
  readonly targetLabel: string;
  readonly stateLabel: string;
}
