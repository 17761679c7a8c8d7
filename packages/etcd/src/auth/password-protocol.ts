/** What is asked of the worker that hashes passwords. */
export type PasswordRequest =
  | { readonly id: number; readonly kind: "hash"; readonly password: string; readonly cost: number }
  | { readonly id: number; readonly kind: "compare"; readonly password: string; readonly hash: string };

/** The hash, or whether the password fits; undefined when it could not be done. */
export interface PasswordReply {
  readonly id: number;
  readonly answer: string | boolean | undefined;
}
