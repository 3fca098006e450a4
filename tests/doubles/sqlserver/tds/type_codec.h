#pragma once

#include <cstdint>

#include "doubles/sqlserver/tds/bytes.h"
#include "doubles/sqlserver/value/value.h"

namespace dbstow::doubles::sqlserver {

/// How types and values look on the wire, at TDS 7.1 or 7.4.
class TypeCodec {
 public:
  explicit TypeCodec(std::uint32_t version) : version_(version) {}

  [[nodiscard]] bool Is72() const { return version_ >= 0x72000000; }
  void WriteType(TdsWriter& out, const SqlType& type) const;
  void WriteValue(TdsWriter& out, const SqlType& type, const Value& value) const;

  struct Parameter {
    SqlType type;
    Value value;
  };
  /// A TYPE_INFO and its value, as RPC parameters have them. A type that the double does not know
  /// makes the reader fail.
  [[nodiscard]] Parameter ReadParameter(TdsReader& in) const;

 private:
  /// MAX types are not known before 7.2; what the client gets is as long as the type allows.
  [[nodiscard]] SqlType OnWire(const SqlType& type) const;

  std::uint32_t version_;
};

/// SQL_Latin1_General_CP1_CI_AS as five bytes.
[[nodiscard]] std::string_view DefaultCollation();

}  // namespace dbstow::doubles::sqlserver
