#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "dbstow/core/result.h"

namespace dbstow::doubles::sqlserver {

/// An error or message as the server says it: number, severity (class), state, neutral text. Line 0
/// stands for the line of the statement.
struct SqlError {
  int number = 0;
  int severity = 16;
  std::string text;
  int state = 1;
  int line = 0;
};

/// A value or the `SqlError` that took its place. Named as `dbstow::Result`, whose errors have no
/// server numbers.
template <class T>
class [[nodiscard]] SqlResult {
 public:
  SqlResult(T value) : state_(std::in_place_index<0>, std::move(value)) {}         // NOLINT
  SqlResult(SqlError error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT

  [[nodiscard]] bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }
  [[nodiscard]] T& value() & { return std::get<0>(state_); }
  [[nodiscard]] const T& value() const& { return std::get<0>(state_); }
  [[nodiscard]] T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  [[nodiscard]] const SqlError& error() const& { return std::get<1>(state_); }
  [[nodiscard]] SqlError&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, SqlError> state_;
};

template <>
class [[nodiscard]] SqlResult<void> {
 public:
  SqlResult() = default;
  SqlResult(SqlError error) : error_(std::move(error)) {}  // NOLINT

  [[nodiscard]] bool has_value() const { return !error_.has_value(); }
  explicit operator bool() const { return has_value(); }
  [[nodiscard]] const SqlError& error() const& { return *error_; }
  [[nodiscard]] SqlError&& error() && { return std::move(*error_); }

 private:
  std::optional<SqlError> error_;
};

}  // namespace dbstow::doubles::sqlserver
