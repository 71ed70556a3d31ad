export interface SocketLimits {
  /** Open sockets in all. */
  readonly maxSockets: number;
  /** Sockets of one remote address that have not said who they are yet. */
  readonly maxPendingPerAddress: number;
  /** Sockets of one identity. */
  readonly maxPerSubject: number;
}

/** Counts sockets against their limits. */
export interface SocketCounts {
  /** A place for a new socket of this address, or undefined when there is none. */
  open(address: string): SocketPlace | undefined;
  readonly size: number;
}

export interface SocketPlace {
  /** The socket belongs to this identity now; false when that has too many. */
  claim(subject: string): boolean;
  /** Frees the place; may be called more than once. */
  release(): void;
}

export function createSocketCounts(limits: SocketLimits): SocketCounts {
  const pending = new Map<string, number>();
  const subjects = new Map<string, number>();
  let size = 0;
  return {
    get size() {
      return size;
    },
    open(address) {
      if (size >= limits.maxSockets || (pending.get(address) ?? 0) >= limits.maxPendingPerAddress) {
        return undefined;
      }
      size += 1;
      change(pending, address, 1);
      let holds: 'address' | 'subject' | 'nothing' = 'address';
      let owner: string | undefined;
      return {
        claim(subject) {
          if (holds !== 'address') return false;
          if ((subjects.get(subject) ?? 0) >= limits.maxPerSubject) return false;
          change(pending, address, -1);
          change(subjects, subject, 1);
          owner = subject;
          holds = 'subject';
          return true;
        },
        release() {
          if (holds === 'nothing') return;
          if (holds === 'address') change(pending, address, -1);
          else if (owner !== undefined) change(subjects, owner, -1);
          holds = 'nothing';
          size -= 1;
        },
      };
    },
  };
}

function change(counts: Map<string, number>, key: string, by: 1 | -1): void {
  const left = (counts.get(key) ?? 0) + by;
  if (left > 0) counts.set(key, left);
  else counts.delete(key);
}
