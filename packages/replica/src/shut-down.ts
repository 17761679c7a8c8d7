import type { HostError } from "@quorate/host";
import type { PeerNetwork } from "@quorate/transport";
import type { Wal } from "@quorate/wal";
import type { ApplyPipeline } from "./apply-pipeline.ts";
import type { Checkpoints } from "./checkpoints.ts";
import type { PeerGate } from "./peer-gate.ts";
import type { StateMachine } from "./state-machine.ts";
import type { StateTransfers } from "./transfer/state-transfers.ts";

/** What a member closes, in this order. */
export interface ShutDownParts {
  readonly network: PeerNetwork;
  readonly gate: Pick<PeerGate, "stop">;
  readonly transfers: Pick<StateTransfers, "stop">;
  readonly apply: Pick<ApplyPipeline<unknown>, "stop">;
  readonly checkpoints: Pick<Checkpoints, "stop">;
  readonly wal: Pick<Wal, "close">;
  readonly stateMachine: Pick<StateMachine<unknown>, "close">;
}

/**
 * Closes a member: first nobody is spoken to nor listened to any more, then a state that is being installed is in place, what is
 * being applied ends, a last checkpoint is made (unless the member failed: its state is not to be trusted), and log and state
 * machine close. Every step is taken, whatever the
 * ones before it said; `done` gets the first error.
 */
export function shutDown(
  parts: ShutDownParts,
  finalCheckpoint: boolean,
  done: (error: HostError | undefined) => void,
): void {
  parts.network.close(() => {
    parts.gate.stop(() => {
      parts.transfers.stop(() => {
        parts.apply.stop(() => {
          parts.checkpoints.stop(finalCheckpoint, () => {
            parts.wal.close((walError) => {
              parts.stateMachine.close((machineError) => done(walError ?? machineError));
            });
          });
        });
      });
    });
  });
}
