import { logout } from "@/api/session";
import { useAction } from "@/ui/use-action";

/** Log out and start from nothing, so that nothing of this person stays in memory. */
export function useLogout() {
  return useAction({
    run: () => logout(),
    invalidates: [],
    onDone: () => window.location.assign("/login"),
  });
}
