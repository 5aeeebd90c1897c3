/** The endpoints of a service under attack, by what they ask of a client. */
export type EndpointName = 'mutual' | 'users';

/** What clients with access have. */
export const access = {
  user: 'prometheus',
  password: 'open sesame',
  token: 'b'.repeat(64),
  name: 'prometheus',
} as const;
