import { useEffect } from "preact/hooks";
import { openFile } from "./opened-run.ts";

/** What is dropped anywhere on the page is taken for the file of a run, and shown on the page of runs. */
export function useDroppedRuns(isOn: boolean): void {
  useEffect(() => {
    if (!isOn) return;
    const onDrag = (event: DragEvent): void => event.preventDefault();
    const onDrop = (event: DragEvent): void => {
      const file = event.dataTransfer?.files[0];
      if (file === undefined) return;
      event.preventDefault();
      location.hash = "#/run";
      void openFile(file);
    };
    addEventListener("dragover", onDrag);
    addEventListener("drop", onDrop);
    return () => {
      removeEventListener("dragover", onDrag);
      removeEventListener("drop", onDrop);
    };
  }, [isOn]);
}
