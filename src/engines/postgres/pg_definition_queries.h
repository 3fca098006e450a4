#pragma once

#include <string>
#include <vector>

namespace dbstow::postgres {

/// Queries for everything that a logical backup brings back besides rows, on a server of this
/// version (150004). Each gives rows of seven columns:
///
///   kind      "views", in the plural
///   schema    quoted where needed; NULL: the database's own
///   name      tells it from others of its kind and schema
///   facts     what catalogs of every server version say alike, without oids and column numbers
///   spelling  an expression or query as this server spells it; NULL if there is none
///   owner     NULL: it has none of its own
///   grants    sorted; those that an object has without any GRANT are among them; NULL as above
///
/// Members of extensions and temporary objects are left out, and what a restore cannot know:
/// tablespaces, versions of extensions and collations, the order in which columns came.
[[nodiscard]] std::vector<std::string> DefinitionQueries(int server_version);

}  // namespace dbstow::postgres
