#pragma once

#include <string>
#include <vector>

#include "doubles/mongodb/testing/plain_model.h"
#include "doubles/mongodb/testing/wire_client.h"

namespace dbstow::doubles::mongodb::testing {

/// Reads the collections, documents and indexes of a database. Errors: as the client's.
[[nodiscard]] Result<PlainModel> ReadModel(WireClient& client, const std::string& db);
/// The documents of one collection; with a timestamp, as they were then.
[[nodiscard]] Result<std::vector<PlainDocument>> ReadDocuments(WireClient& client,
                                                               const std::string& db,
                                                               const std::string& collection,
                                                               Timestamp at = {});

/// The entries of the oplog after `from`, oldest first. Errors: as the client's; Internal when the
/// oplog no longer reaches back to `from`.
[[nodiscard]] Result<std::vector<std::string>> ReadOplog(WireClient& client, Timestamp from);

/// Makes a view and drops it: what holds the views of a database never goes again.
[[nodiscard]] Result<void> MakeViewsCollection(WireClient& client, const std::string& db);
/// Fills an empty server with a model, but for its users.
[[nodiscard]] Result<void> FillServer(WireClient& client, const std::string& db,
                                      const PlainModel& model);
/// Replays entries on another server as a restore does it: by applyOps, without UUIDs, index builds
/// as commands.
[[nodiscard]] Result<void> ReplayOnServer(WireClient& client,
                                          const std::vector<std::string>& entries);

}  // namespace dbstow::doubles::mongodb::testing
