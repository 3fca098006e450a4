#pragma once

#include <string>
#include <string_view>

#include "dbstow/core/error.h"

namespace dbstow::postgres {

/// What the server said, taken apart.
struct ServerMessage {
  std::string sqlstate;  ///< empty when the text does not come from a server
  std::string primary;
  std::string detail;
  std::string hint;
};

/// The domain error for a SQLSTATE: code, retry, hint; the native text stays with it.
[[nodiscard]] Error ServerError(const ServerMessage& message);

/// The domain error for a failed connection attempt, from libpq's text (which holds the SQLSTATE
/// when the server answered; sessions connect with verbose errors for that). `where` is what was
/// being reached, for people.
[[nodiscard]] Error ConnectionError(std::string_view libpq_text, std::string_view where);

/// The connection broke in the middle of work.
[[nodiscard]] Error LostConnection(std::string_view libpq_text);

/// A lock was not to be had within lock_timeout, or at once where that was asked for.
[[nodiscard]] bool IsLockRefusal(const Error& error);

/// The role may not do it (42501).
[[nodiscard]] bool IsNotPermitted(const Error& error);

/// The role that a grant names is missing, or the role at work may not grant.
[[nodiscard]] bool IsAboutARole(const Error& error);

/// A session was refused by what may have been a login trigger of the database (17 and later),
/// which can say anything: not a matter of the password, of a missing database, of resources or of
/// time.
[[nodiscard]] bool MayBeOfALoginTrigger(const Error& error);

/// What is being worked on is not what it was when that began: a transient Conflict.
[[nodiscard]] Error ChangedMeanwhile(std::string message);

/// The server refuses what one statement says: others may well work. Not so when it, its disk, its
/// memory, the session or somebody's will is the reason.
[[nodiscard]] bool IsAboutTheStatement(const Error& error);

/// The same error, saying first what was being done: "copy table x: …".
[[nodiscard]] Error Explain(const Error& error, std::string_view doing);

}  // namespace dbstow::postgres
