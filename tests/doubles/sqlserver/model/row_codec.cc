#include "doubles/sqlserver/model/row_codec.h"

#include <bit>

#include "doubles/sqlserver/tds/bytes.h"

namespace dbstow::doubles::sqlserver {
namespace {

void EncodeBytes(TdsWriter& out, std::string_view bytes) {
  out.ULong(bytes.size());
  out.Raw(bytes);
}

}  // namespace

std::string EncodeRow(const Row& row) {
  TdsWriter out;
  out.UShort(row.size());
  for (const Value& value : row) {
    out.Byte(value.index());
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      out.Little(static_cast<std::uint64_t>(*number), 8);
    } else if (const auto* real = std::get_if<double>(&value)) {
      out.Little(std::bit_cast<std::uint64_t>(*real), 8);
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      EncodeBytes(out, *text);
    } else if (const auto* blob = std::get_if<Blob>(&value)) {
      EncodeBytes(out, blob->bytes);
    }
  }
  return out.Take();
}

std::optional<Row> DecodeRow(std::string_view bytes) {
  TdsReader in(bytes);
  Row row;
  const std::uint16_t count = in.UShort();
  for (std::uint16_t i = 0; i < count && in.ok(); ++i) {
    switch (in.Byte()) {
      case 0: row.emplace_back(); break;
      case 1: row.push_back(Int(static_cast<std::int64_t>(in.Little(8)))); break;
      case 2: row.emplace_back(std::bit_cast<double>(in.Little(8))); break;
      case 3: row.push_back(Text(std::string(in.Take(in.ULong())))); break;
      case 4: row.emplace_back(Blob{std::string(in.Take(in.ULong()))}); break;
      default: in.Fail();
    }
  }
  if (!in.ok() || !in.AtEnd()) return std::nullopt;
  return row;
}

}  // namespace dbstow::doubles::sqlserver
