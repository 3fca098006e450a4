#include "repository/fence.h"

#include <algorithm>

namespace dbstow::repository {

// The pending flag is this fencer's own: were it shared, one fencer could take back what another
// still relies on.
Result<bool> FenceSession(const Chain& chain, const SessionId& session) {
  const std::string prefix = chain.layout().Fences() + ToText(session);
  const std::string mine = ToText(SessionId::Generate(chain.environment().ports.random));
  const std::string pending = prefix + "." + mine + ".pending";
  DBSTOW_TRY(chain.store().Put(pending, AsBytes(mine)));
  auto manifests = chain.ListManifests();
  if (!manifests) {
    // Without our decision the flag only makes the writer give up; nothing was promised yet.
    DBSTOW_TRY(chain.store().Delete(pending));
    return std::move(manifests).error();
  }
  const bool committed = std::ranges::any_of(
      *manifests, [&](const ListedManifest& each) { return each.name.session == session; });
  if (!committed) DBSTOW_TRY(chain.store().Put(prefix + ".confirmed", AsBytes("fenced")));
  DBSTOW_TRY(chain.store().Delete(pending));
  return !committed;
}

}  // namespace dbstow::repository
