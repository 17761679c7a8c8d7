import type { PeerNetwork } from "@quorate/transport";

/** The same network, which tells how many bytes each message has that it takes. */
export function aroundNetwork(network: PeerNetwork, sent: (bytes: number) => void): PeerNetwork {
  return {
    send: (to, lane, chunks, checkedChunks) => {
      const isTaken = network.send(to, lane, chunks, checkedChunks);
      if (isTaken) sent(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
      return isTaken;
    },
    setPeers: (peers) => network.setPeers(peers),
    roundTripMs: (peer) => network.roundTripMs(peer),
    close: (done) => network.close(done),
  };
}
