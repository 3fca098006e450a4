#pragma once

#include <optional>
#include <string>
#include <vector>

#include "doubles/mongodb/bson/element.h"

namespace dbstow::doubles::mongodb {

/// The option of a bucket collection that collMod sets; not shown by listCollections.
inline constexpr std::string_view kMayHaveMixedSchema = "timeseriesBucketsMayHaveMixedSchemaData";

/// Whether the least and the greatest value of a field of a bucket are of different types.
[[nodiscard]] bool HasMixedSchema(const Document& min, const Document& max);

/// How a time series keeps measurements in buckets: uncompressed (version 1), one bucket for a
/// stretch of time and a value of the meta field.
class TimeSeries {
 public:
  /// From `timeseries` of `create` or of a bucket collection's options. Errors: InvalidOptions.
  [[nodiscard]] static Result<TimeSeries> Parse(const Element& options);

  /// Options of the collection that holds the buckets; `expire` may be absent.
  [[nodiscard]] std::string BucketOptions(const Element& expire) const;
  /// The pipeline that the definition of the series holds.
  [[nodiscard]] std::string UnpackPipeline() const;

  /// A bucket of one measurement. Errors: BadValue when the time is missing.
  [[nodiscard]] Result<std::string> NewBucket(const Document& measurement) const;
  /// `bucket` with one more measurement, or nothing when it does not belong there.
  [[nodiscard]] std::optional<std::string> Extend(const Document& bucket,
                                                  const Document& measurement) const;
  /// The measurements of a bucket. Errors: CommandNotSupported for compressed ones.
  [[nodiscard]] Result<std::vector<std::string>> Unpack(const Document& bucket) const;

 private:
  std::string time_field_;
  std::string meta_field_;
  std::string granularity_;
  std::int64_t span_seconds_ = 3600;
  std::int64_t rounding_seconds_ = 60;
};

}  // namespace dbstow::doubles::mongodb
