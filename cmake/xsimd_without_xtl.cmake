# xsimd 8.1, as Debian 12 installs it, asks for the library xtl even where it was built without (xsimd issue 869).
macro(staa_xsimd_without_xtl)
  get_target_property(staa_xsimd_links xsimd INTERFACE_LINK_LIBRARIES)
  if("xtl" IN_LIST staa_xsimd_links AND NOT TARGET xtl)
    list(REMOVE_ITEM staa_xsimd_links xtl)
    set_property(TARGET xsimd PROPERTY INTERFACE_LINK_LIBRARIES "${staa_xsimd_links}")
  endif()
  unset(staa_xsimd_links)
endmacro()
