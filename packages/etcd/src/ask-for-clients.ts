import { createNodeHost } from "@quorate/host-node";
import { parsePeerUrl } from "@quorate/replica";
import { askPeer } from "@quorate/transport";
import { completion } from "./completion.ts";
import { EtcdServerError } from "./server-options.ts";
import { linkSecurity } from "./tls/server-tls.ts";
import type { PeerTls } from "./tls/tls-options.ts";

/**
 * Asks the member at a peer URL where its cluster's clients are served; a member that listens on a port of the system's
 * choice alone may have nothing to tell. `tls`: as the member itself speaks to others. Rejects with a `HostError` when nobody answers within `timeoutMs`.
 */
export async function askForClientUrls(
  peerUrl: string,
  timeoutMs: number,
  tls?: { readonly peerTls: PeerTls; readonly dataDir: string },
): Promise<readonly string[]> {
  const address = parsePeerUrl(peerUrl);
  if (address === undefined) throw new EtcdServerError(`"${peerUrl}" is no peer URL: http://10.0.0.1:2380 is one`);
  const security = tls === undefined ? undefined : await linkSecurity(tls.peerTls, tls.dataDir, [], () => {});
  const host = createNodeHost(security?.security);
  try {
    const text = await completion<string>((done) => askPeer(host, address, timeoutMs, done));
    return text.split(",").filter((url) => URL.canParse(url));
  } finally {
    await host.close();
  }
}
