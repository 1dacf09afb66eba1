// SPDX-License-Identifier: Apache-2.0
#include "hardware/unit_area.h"

#include "hardware/technology.h"

namespace orrery::hardware {

const config::Schema<UnitArea>& UnitArea::schema() {
  static const config::Schema<UnitArea> kSchema =
      config::Schema<UnitArea>("unit_area", "Silicon of one unit of an engine.")
          .required("value", &UnitArea::square_micrometres, config::quantity("um2", "um2"),
                    "Area of one unit, in square micrometres.")
          .required("node", &UnitArea::nanometres, node_codec(), "Node that the figure is of.")
          .required("source", &UnitArea::source, config::text(), "Where the figure is from.");
  return kSchema;
}

}  // namespace orrery::hardware
