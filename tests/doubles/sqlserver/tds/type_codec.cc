#include "doubles/sqlserver/tds/type_codec.h"

#include <bit>

#include "doubles/sqlserver/value/date_time.h"
#include "doubles/sqlserver/value/decimal.h"
#include "doubles/sqlserver/value/text.h"

namespace dbstow::doubles::sqlserver {
namespace {

constexpr std::uint16_t kMaxMarker = 0xFFFF;
constexpr std::uint64_t kPlpNull = ~std::uint64_t{0};
constexpr int kDecimalBytes = 17;

std::uint8_t IntegerSize(TypeId id) {
  switch (id) {
    case TypeId::kTinyInt: return 1;
    case TypeId::kSmallInt: return 2;
    case TypeId::kInt: return 4;
    default: return 8;
  }
}

std::uint8_t TextToken(TypeId id) {
  switch (id) {
    case TypeId::kChar: return 0xAF;
    case TypeId::kVarChar: return 0xA7;
    case TypeId::kNChar: return 0xEF;
    default: return 0xE7;
  }
}

bool IsWide(TypeId id) { return id == TypeId::kNChar || id == TypeId::kNVarChar; }

// The server's code page is Latin-1 in the default collation.
std::string ToLatin1(std::string_view utf8) {
  const std::string wide = ToUtf16(utf8);
  std::string narrow;
  for (std::size_t i = 0; i + 1 < wide.size(); i += 2) narrow += wide[i + 1] == 0 ? wide[i] : '?';
  return narrow;
}

std::string FromLatin1(std::string_view bytes) {
  std::string wide;
  for (const char c : bytes) {
    wide += c;
    wide += '\0';
  }
  return FromUtf16(wide);
}

void WriteLengthed(TdsWriter& out, const SqlType& type, const Value& value,
                   std::string_view bytes) {
  if (type.length == kMaxLength) {
    if (IsNull(value)) return out.Little(kPlpNull, 8);
    out.Little(bytes.size(), 8);
    if (!bytes.empty()) {
      out.ULong(bytes.size());
      out.Raw(bytes);
    }
    return out.ULong(0);
  }
  if (IsNull(value)) return out.UShort(kMaxMarker);
  const std::size_t most = static_cast<std::size_t>(type.length) * (IsWide(type.id) ? 2 : 1);
  const std::string_view kept = bytes.substr(0, most);
  out.UShort(kept.size());
  out.Raw(kept);
}

void WriteDecimal(TdsWriter& out, const SqlType& type, const std::string& sortable) {
  const Decimal decimal = Decimal::FromSortable(sortable, type.scale);
  const bool negative = decimal.unscaled < 0;
  __extension__ unsigned __int128 rest =
      static_cast<Decimal::Int128>(negative ? -decimal.unscaled : decimal.unscaled);
  out.Byte(kDecimalBytes);
  out.Byte(negative ? 0 : 1);
  for (int i = 1; i < kDecimalBytes; ++i) {
    out.Byte(static_cast<std::uint8_t>(rest & 0xFF));
    rest >>= 8;
  }
}

std::string_view ReadLengthed(TdsReader& in, bool max, bool& null, std::string& joined) {
  if (!max) {
    const std::uint16_t size = in.UShort();
    null = size == kMaxMarker;
    return null ? std::string_view() : in.Take(size);
  }
  null = in.Little(8) == kPlpNull;
  while (!null && in.ok()) {
    const std::uint32_t size = in.ULong();
    if (size == 0) break;
    joined += in.Take(size);
  }
  return joined;
}

using Parameter = TypeCodec::Parameter;

Parameter ReadText(TdsReader& in, std::uint8_t token) {
  const bool wide = token == 0xE7 || token == 0xEF;
  const std::uint16_t size = in.UShort();
  in.Take(5);  // collation
  const bool max = size == kMaxMarker;
  Parameter out;
  out.type.id = wide ? TypeId::kNVarChar : TypeId::kVarChar;
  out.type.length = max ? kMaxLength : size / (wide ? 2 : 1);
  if (out.type.length == 0) out.type.length = 1;
  bool null = false;
  std::string joined;
  const std::string_view bytes = ReadLengthed(in, max, null, joined);
  if (!null) out.value = Text(wide ? FromUtf16(bytes) : FromLatin1(bytes));
  return out;
}

Parameter ReadLongText(TdsReader& in, bool wide) {
  in.ULong();
  in.Take(5);
  const std::uint32_t size = in.ULong();
  Parameter out{{wide ? TypeId::kNVarChar : TypeId::kVarChar, kMaxLength}, {}};
  if (size != 0xFFFFFFFF) {
    const std::string_view bytes = in.Take(size);
    out.value = Text(wide ? FromUtf16(bytes) : FromLatin1(bytes));
  }
  return out;
}

Parameter ReadBinary(TdsReader& in) {
  const std::uint16_t size = in.UShort();
  const bool max = size == kMaxMarker;
  Parameter out{{TypeId::kVarBinary, max ? kMaxLength : size}, {}};
  if (out.type.length == 0) out.type.length = 1;
  bool null = false;
  std::string joined;
  const std::string_view bytes = ReadLengthed(in, max, null, joined);
  if (!null) out.value = Value(Blob{std::string(bytes)});
  return out;
}

SqlType IntegerOfSize(std::size_t size) {
  return {size == 1   ? TypeId::kTinyInt
          : size == 2 ? TypeId::kSmallInt
          : size == 4 ? TypeId::kInt
                      : TypeId::kBigInt};
}

Value ReadInteger(TdsReader& in, std::size_t size) {
  const std::uint64_t raw = in.Little(size);
  if (size == 1) return Int(static_cast<std::int64_t>(raw));
  if (size == 2) return Int(static_cast<std::int16_t>(raw));
  if (size == 4) return Int(static_cast<std::int32_t>(raw));
  return Int(static_cast<std::int64_t>(raw));
}

Value ReadFloat(TdsReader& in, std::size_t size) {
  const std::uint64_t raw = in.Little(size);
  if (size == 4) {
    return Value(static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(raw))));
  }
  return Value(std::bit_cast<double>(raw));
}

Value ReadDateTime(TdsReader& in, std::size_t size) {
  if (size == 4) {
    const std::int32_t days = in.UShort();
    return Text(FormatDateTime(FromWire({days, in.UShort() * std::uint32_t{18000}})));
  }
  const auto days = static_cast<std::int32_t>(in.ULong());
  const std::uint32_t ticks = in.ULong();
  if (days < -53690 || days > 2958463 || ticks >= 25'920'000) {
    in.Fail();
    return {};
  }
  return Text(FormatDateTime(FromWire({days, ticks})));
}

Parameter ReadDecimal(TdsReader& in) {
  in.Byte();
  const std::uint8_t precision = in.Byte();
  const std::uint8_t scale = in.Byte();
  if (precision < 1 || precision > 38 || scale > precision) in.Fail();
  Parameter out{{TypeId::kDecimal, 0, precision, scale}, {}};
  const std::uint8_t size = in.Byte();
  if (size == 0) return out;
  const bool positive = in.Byte() != 0;
  const std::string_view bytes = in.Take(size - std::size_t{1});
  __extension__ unsigned __int128 number = 0;
  for (std::size_t i = bytes.size(); i > 0; --i) {
    number = number << 8 | static_cast<unsigned char>(bytes[i - 1]);
  }
  Decimal decimal{static_cast<Decimal::Int128>(number), scale};
  if (bytes.size() > 16 || decimal.unscaled < 0 || !decimal.Rescaled(38, scale)) in.Fail();
  if (!positive) decimal.unscaled = -decimal.unscaled;
  if (in.ok()) out.value = Text(decimal.ToSortable());
  return out;
}

// Types whose TYPE_INFO is one byte of size, and whose values have one byte of length.
Parameter ReadNullable(TdsReader& in, std::uint8_t token) {
  const std::uint8_t declared = in.Byte();
  const std::uint8_t size = in.Byte();
  Parameter out;
  const auto sized = [&](std::initializer_list<std::uint8_t> allowed) {
    bool fits = false;
    for (const std::uint8_t one : allowed) fits = fits || one == size;
    if (size != 0 && !fits) in.Fail();
    return size != 0 && fits;
  };
  switch (token) {
    case 0x26:
      out.type = IntegerOfSize(declared);
      if (sized({1, 2, 4, 8})) out.value = ReadInteger(in, size);
      break;
    case 0x68:
      out.type = {TypeId::kBit};
      if (sized({1})) out.value = Int(in.Byte() != 0 ? 1 : 0);
      break;
    case 0x6D:
      out.type = {TypeId::kFloat};
      if (sized({4, 8})) out.value = ReadFloat(in, size);
      break;
    case 0x6F:
      out.type = {TypeId::kDateTime};
      if (sized({4, 8})) out.value = ReadDateTime(in, size);
      break;
    default:
      out.type = {TypeId::kUniqueIdentifier};
      if (sized({16})) out.value = Text(GuidFromWire(in.Take(16)));
  }
  return out;
}

}  // namespace

std::string_view DefaultCollation() { return {"\x09\x04\xD0\x00\x34", 5}; }

SqlType TypeCodec::OnWire(const SqlType& type) const {
  if (Is72() || type.length != kMaxLength) return type;
  SqlType shorter = type;
  shorter.length = IsWide(type.id) ? 4000 : 8000;
  return shorter;
}

void TypeCodec::WriteType(TdsWriter& out, const SqlType& declared) const {
  const SqlType type = OnWire(declared);
  const std::uint64_t marker = kMaxMarker;
  switch (type.id) {
    case TypeId::kBit: out.Byte(0x68); return out.Byte(1);
    case TypeId::kTinyInt:
    case TypeId::kSmallInt:
    case TypeId::kInt:
    case TypeId::kBigInt: out.Byte(0x26); return out.Byte(IntegerSize(type.id));
    case TypeId::kFloat: out.Byte(0x6D); return out.Byte(8);
    case TypeId::kDecimal:
      out.Byte(0x6C);
      out.Byte(kDecimalBytes);
      out.Byte(static_cast<std::uint64_t>(type.precision));
      return out.Byte(static_cast<std::uint64_t>(type.scale));
    case TypeId::kVarBinary:
      out.Byte(0xA5);
      return out.UShort(type.length == kMaxLength ? marker
                                                  : static_cast<std::uint64_t>(type.length));
    case TypeId::kDateTime: out.Byte(0x6F); return out.Byte(8);
    case TypeId::kUniqueIdentifier: out.Byte(0x24); return out.Byte(16);
    default: {
      out.Byte(TextToken(type.id));
      const auto bytes = static_cast<std::uint64_t>(type.length) * (IsWide(type.id) ? 2 : 1);
      out.UShort(type.length == kMaxLength ? marker : bytes);
      return out.Raw(DefaultCollation());
    }
  }
}

void TypeCodec::WriteValue(TdsWriter& out, const SqlType& declared, const Value& value) const {
  const SqlType type = OnWire(declared);
  const auto* text = std::get_if<std::string>(&value);
  if (IsText(type)) {
    const std::string plain = text == nullptr ? "" : *text;
    return WriteLengthed(out, type, value, IsWide(type.id) ? ToUtf16(plain) : ToLatin1(plain));
  }
  if (type.id == TypeId::kVarBinary) {
    const auto* blob = std::get_if<Blob>(&value);
    return WriteLengthed(out, type, value, blob == nullptr ? "" : blob->bytes);
  }
  if (IsNull(value)) return out.Byte(0);
  switch (type.id) {
    case TypeId::kDecimal: return WriteDecimal(out, type, *text);
    case TypeId::kDateTime: {
      const WireDateTime wire = ToWire(ParseDateTime(*text).value_or(0));
      out.Byte(8);
      out.ULong(static_cast<std::uint32_t>(wire.days));
      return out.ULong(wire.ticks);
    }
    case TypeId::kUniqueIdentifier: out.Byte(16); return out.Raw(GuidToWire(*text));
    case TypeId::kFloat:
      out.Byte(8);
      return out.Little(std::bit_cast<std::uint64_t>(std::get<double>(value)), 8);
    default: {
      const std::uint8_t size = type.id == TypeId::kBit ? 1 : IntegerSize(type.id);
      out.Byte(size);
      return out.Little(static_cast<std::uint64_t>(std::get<std::int64_t>(value)), size);
    }
  }
}

TypeCodec::Parameter TypeCodec::ReadParameter(TdsReader& in) const {
  const std::uint8_t token = in.Byte();
  switch (token) {
    case 0x30: return {{TypeId::kTinyInt}, ReadInteger(in, 1)};
    case 0x34: return {{TypeId::kSmallInt}, ReadInteger(in, 2)};
    case 0x38: return {{TypeId::kInt}, ReadInteger(in, 4)};
    case 0x7F: return {{TypeId::kBigInt}, ReadInteger(in, 8)};
    case 0x32: return {{TypeId::kBit}, Int(in.Byte() != 0 ? 1 : 0)};
    case 0x3E: return {{TypeId::kFloat}, ReadFloat(in, 8)};
    case 0x3D: return {{TypeId::kDateTime}, ReadDateTime(in, 8)};
    case 0x26:
    case 0x68:
    case 0x6D:
    case 0x6F:
    case 0x24: return ReadNullable(in, token);
    case 0x6A:
    case 0x6C: return ReadDecimal(in);
    case 0xA7:
    case 0xAF:
    case 0xE7:
    case 0xEF: return ReadText(in, token);
    case 0xA5:
    case 0xAD: return ReadBinary(in);
    case 0x23: return ReadLongText(in, false);
    case 0x63: return ReadLongText(in, true);
    default: in.Fail(); return {};
  }
}

}  // namespace dbstow::doubles::sqlserver
