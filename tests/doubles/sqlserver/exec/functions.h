#pragma once

#include <optional>
#include <string_view>

#include "doubles/sqlserver/exec/session.h"
#include "doubles/sqlserver/model/instance.h"

namespace dbstow::doubles::sqlserver {

struct FunctionSignature {
  std::string_view name;
  std::size_t least = 0;
  std::size_t most = 0;
  /// One letter an argument, the last for all that follow: t text, i int, b bigint, d datetime, a
  /// anything.
  std::string_view arguments;
  SqlType result;
  bool result_of_first = false;  ///< text of the first argument's type
  bool takes_part = false;       ///< the first argument is a word: DATEADD(day, …)
};

/// Null for a function that the double does not have. `name` is upper case.
[[nodiscard]] const FunctionSignature* FindFunction(std::string_view name);
[[nodiscard]] std::optional<SqlType> ArgumentType(const FunctionSignature& function,
                                                  std::size_t index);
/// The type of a SERVERPROPERTY or DATABASEPROPERTYEX by its name.
[[nodiscard]] SqlType PropertyType(std::string_view property);

/// Registers what the compiler's SQL calls: tsql_call, tsql_cast, tsql_try_cast, tsql_like,
/// tsql_number and tsql_decimal. They look at the session in `Enter`.
class FunctionHost {
 public:
  explicit FunctionHost(Instance& instance);

  /// The session whose statement runs; under the instance's lock.
  void Enter(Session* session) { session_ = session; }

 private:
  [[nodiscard]] SqlResult<Value> Call(const std::vector<Value>& arguments);

  Instance& instance_;
  Session* session_ = nullptr;
};

}  // namespace dbstow::doubles::sqlserver
