/** Why the gateway closes a WebSocket, beside the codes of the graphql-transport-ws protocol itself. */
export const closeCodes = {
  goingAway: { code: 1001, reason: 'Going away' },
  internal: { code: 4500, reason: 'Internal server error' },
  unauthorized: { code: 4401, reason: 'Unauthorized' },
  /** The token expired while the socket was open. */
  expired: { code: 4403, reason: 'The token has expired' },
  /** Alerts came faster than the client read them. Those that came meanwhile are lost to it: query `alerts` after a reconnect. */
  slowConsumer: { code: 4013, reason: 'Slow consumer: alerts come faster than they are read' },
  /** More messages a second than a socket may send. */
  flood: { code: 4029, reason: 'Too many messages' },
  /** More sockets than this identity may open. */
  tooManySockets: { code: 4030, reason: 'Too many sockets' },
  unavailable: { code: 4503, reason: 'The token cannot be checked at the moment' },
} as const;

export type CloseReason = (typeof closeCodes)[keyof typeof closeCodes];
