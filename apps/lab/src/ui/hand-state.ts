import { signal } from "@preact/signals";

/** What can be done, in groups. */
export const handTabs = [
  { name: "member", title: "A member" },
  { name: "links", title: "Links" },
  { name: "islands", title: "Partition" },
  { name: "voters", title: "Voters" },
] as const;
export type HandTab = (typeof handTabs)[number]["name"];

/** Links in one direction; 0 stands for every member. */
export interface LinkChoice {
  readonly from: number;
  readonly to: number;
}

/** What the reader is about to do something to. */
export class HandState {
  readonly tab = signal<HandTab>("member");
  readonly link = signal<LinkChoice>({ from: 0, to: 0 });

  ofLink(from: number, to: number): void {
    this.link.value = { from, to };
    this.tab.value = "links";
  }
}
