/** Something that cannot be done, and why: a clause that a sentence can end with, `a single file is only read`. */
export interface Denied {
  readonly denied: string
}

/** Whether something can be done; not only a boolean, so that a refusal always has its reason. */
export type Capability = true | Denied

export const denied = (reason: string): Denied => ({ denied: reason })
