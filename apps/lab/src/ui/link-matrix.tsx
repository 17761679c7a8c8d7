import type { Player } from "./player.ts";

/** Every link in each direction: press one to cut it, and again to mend it. */
export function LinkMatrix({ player }: { readonly player: Player }) {
  const { tape, event } = player;
  const blocked = new Set<string>();
  for (const link of tape.links) {
    if (link.event > event) break;
    if (link.isBlocked) blocked.add(`${link.from}>${link.to}`);
    else blocked.delete(`${link.from}>${link.to}`);
  }
  return (
    <div class="panel" role="group" aria-label="Links">
      <h2>Links</h2>
      <table class="matrix">
        <caption>From the member of the row to that of the column</caption>
        <thead>
          <tr>
            <td />
            {tape.members.map((to) => (
              <th key={to} scope="col">
                to {to}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {tape.members.map((from) => (
            <tr key={from}>
              <th scope="row">from {from}</th>
              {tape.members.map((to) => {
                const isBlocked = blocked.has(`${from}>${to}`);
                if (from === to) return <td key={to} />;
                return (
                  <td key={to}>
                    <button
                      type="button"
                      aria-pressed={isBlocked}
                      aria-label={`Link from ${from} to ${to}: ${isBlocked ? "cut" : "works"}`}
                      onClick={() => player.act({ do: isBlocked ? "unblock" : "block", from, to })}
                    >
                      {isBlocked ? "✕" : "→"}
                    </button>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      <button type="button" onClick={() => player.act({ do: "heal" })}>
        Mend every link
      </button>
    </div>
  );
}
