#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engines/postgres/pg_archive.h"

namespace dbstow::postgres {

/// When an entry is applied. pg_dump's sections, and what pg_restore does last.
enum class PgPhase {
  kSkip,     ///< not for a database that is made by us: the DATABASE entry, session settings
  kPreData,  ///< in order
  kIndex,    ///< indexes and constraints that are indexes: as soon as the table's rows are in
  kForeignKey,
  kPostData,      ///< triggers, rules, policies, publications, …: in order
  kTriggerState,  ///< which triggers are off: after all triggers
  kAcl,           ///< grants: after everything that they could hinder
  kLast,          ///< event triggers: after everything that they could see
};
[[nodiscard]] PgPhase PhaseOf(const PgArchiveEntry& entry, const PgArchiveIndex& index);

/// Takes subscriptions out, with what hangs on them: for copies that must not stand for their
/// source with a publisher.
void LeaveSubscriptionsOut(PgArchive& archive);
/// A subscription, or its comment or label.
[[nodiscard]] bool IsOfSubscription(const PgArchiveEntry& entry);

/// An event trigger for sessions that begin (17 and later).
[[nodiscard]] bool IsLoginTrigger(const PgArchiveEntry& entry);

/// `ALTER … OWNER TO …` for entries that have an owner; empty for others.
[[nodiscard]] std::string OwnerSql(const PgArchiveEntry& entry, const std::string& owner);

/// The part of `CREATE DATABASE name …;` behind the name, without tablespace: encoding and locale.
/// Empty when there is no DATABASE entry.
[[nodiscard]] std::string DatabaseParameters(const PgArchive& archive);

/// The same parameters as a server of this version (150000 for 15) takes them: pg_dump writes in
/// the language of its own version, also about an older server.
[[nodiscard]] std::string ParametersFor(const std::string& parameters, int server_version);

/// The DDL of the entry as a server of this version takes it: before 18 a partitioned table could
/// be called UNLOGGED, which meant nothing, and 18 refuses the word.
[[nodiscard]] std::string DefinitionFor(const PgArchiveEntry& entry, int server_version);

/// The statements of SQL that has no quotes but ' and ", such as grants; without the semicolons.
[[nodiscard]] std::vector<std::string> SplitStatements(std::string_view sql);

/// Where `part` begins in SQL, not looking into literals and quoted names; npos if nowhere.
[[nodiscard]] std::size_t FindOutsideQuotes(std::string_view text, std::string_view part);

}  // namespace dbstow::postgres
