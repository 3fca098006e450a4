#pragma once

#include <cstdlib>
#include <type_traits>
#include <utility>
#include <variant>

#include "dbstow/core/error.h"

namespace dbstow {

/// A value or the `Error` that took its place. Member names follow `std::expected`, so that it can
/// become an alias once the toolchain has one. Accessing the wrong side is a defect and aborts.
template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(*-explicit-*)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(*-explicit-*)
  template <class U>
    requires(std::is_convertible_v<U &&, T> && !std::is_same_v<std::remove_cvref_t<U>, T> &&
             !std::is_same_v<std::remove_cvref_t<U>, Error> &&
             !std::is_same_v<std::remove_cvref_t<U>, Result>)
  Result(U&& value)  // NOLINT(*-explicit-*)
      : state_(std::in_place_index<0>, std::forward<U>(value)) {}

  [[nodiscard]] bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  [[nodiscard]] T& value() & { return Get(*this); }
  [[nodiscard]] const T& value() const& { return Get(*this); }
  [[nodiscard]] T&& value() && { return std::move(Get(*this)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  template <class U>
  [[nodiscard]] T value_or(U&& fallback) const& {
    return has_value() ? value() : static_cast<T>(std::forward<U>(fallback));
  }

  [[nodiscard]] const Error& error() const& { return std::get<1>(Checked(*this)); }
  [[nodiscard]] Error& error() & { return std::get<1>(Checked(*this)); }
  [[nodiscard]] Error&& error() && { return std::get<1>(std::move(Checked(*this))); }

 private:
  template <class Self>
  static auto& Get(Self& self) {
    if (!self.has_value()) std::abort();
    return std::get<0>(self.state_);
  }
  template <class Self>
  static auto& Checked(Self& self) {
    if (self.has_value()) std::abort();
    return self.state_;
  }

  std::variant<T, Error> state_;
};

/// Success without a value, or an `Error`.
template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(*-explicit-*)

  [[nodiscard]] bool has_value() const { return !error_.has_value(); }
  explicit operator bool() const { return has_value(); }
  [[nodiscard]] const Error& error() const& { return error_.value(); }
  [[nodiscard]] Error& error() & { return error_.value(); }
  [[nodiscard]] Error&& error() && { return std::move(error_).value(); }

 private:
  std::optional<Error> error_;
};

}  // namespace dbstow

#define DBSTOW_CONCAT_INNER(a, b) a##b
#define DBSTOW_CONCAT(a, b) DBSTOW_CONCAT_INNER(a, b)

/// Returns the error of `expression` from the calling function, if it has one.
#define DBSTOW_TRY(expression) \
  DBSTOW_TRY_INNER(DBSTOW_CONCAT(dbstow_result_, __COUNTER__), expression)
#define DBSTOW_TRY_INNER(name, expression)     \
  do {                                         \
    auto name = (expression);                  \
    if (!name) return std::move(name).error(); \
  } while (false)

/// `DBSTOW_ASSIGN(auto x, F());` declares or assigns the value, or returns the error.
#define DBSTOW_ASSIGN(target, expression) \
  DBSTOW_ASSIGN_INNER(DBSTOW_CONCAT(dbstow_result_, __COUNTER__), target, expression)
#define DBSTOW_ASSIGN_INNER(name, target, expression) \
  auto name = (expression);                           \
  if (!name) return std::move(name).error();          \
  target = std::move(name).value()
