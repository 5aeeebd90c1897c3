/** A name by which tests ask for a server. */
export type ServerName =
  | 'prometheus'
  | 'promtool'
  | 'prometheus3'
  | 'promtool3'
  | 'victoria-metrics'
  | 'openmetrics-parser'
  | 'docker-compose'
  | 'go-grpc-prometheus'
  | 'chromium'
  | 'tmux';

/** A place a server may come from. `binary` is its path in the package. */
export interface Candidate {
  readonly distribution?: string;
  readonly suite: string;
  readonly package: string;
  readonly binary: string;
  /** A Go program that is built with the package and the ones that it depends on: its path in the repository. */
  readonly source?: string;
  /** More packages, which it is built or unpacked with, as with all that they depend on. */
  readonly with?: readonly string[];
  /** What makes it say its version, where that is not `--version`. */
  readonly ask?: string;
}

/** A server that tests need. */
export interface ServerRow {
  readonly name: string;
  /** How the wanted version starts; empty when any will do. */
  readonly wants: string;
  /** What is skipped without it. */
  readonly skipped: string;
  readonly candidates: readonly Candidate[];
}

export const HOST: string;
export const INSTALLED: string;
export const rows: readonly (ServerRow & { readonly name: ServerName })[];
